package io.backplane.itests;

import java.nio.file.Path;

/** The scenarios against our daemon. */
class BackplaneRealGuestTest extends RealGuestScenarios {
    @Override
    Backend backend(Path place, Disk disk) {
        return new BackplaneBackend(place, disk);
    }
}
