package io.backplane.itests;

import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The scenarios against qemu-storage-daemon: a check of the scenarios themselves. */
@EnabledIfSystemProperty(named = "backplane.peer", matches = "on")
class StorageDaemonRealGuestTest extends RealGuestScenarios {
    @Override
    Backend backend(Path place, Disk disk) {
        return new StorageDaemonBackend(place, disk);
    }
}
