package io.backplane.itests;

import java.nio.file.Path;

/** The scenarios against our daemon. */
class BackplaneBackEndTest extends BackEndScenarios {
    @Override
    Backend backend(Path place, Disk disk) {
        return new BackplaneBackend(place, disk);
    }
}
