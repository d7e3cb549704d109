package io.backplane.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.aio.Poller;
import io.backplane.hostio.uring.UringPollerFactory;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class UringConnectionTest {

    private static boolean isAllowed(UringPollerFactory factory) {
        try (Poller _ = factory.open()) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A poll that is switched off while it reports must not keep the connection open. */
    @Test
    void clientsSeeTheEndOfTheirConnections(@TempDir Path folder) throws Exception {
        UringPollerFactory factory = new UringPollerFactory();
        assumeTrue(isAllowed(factory), "no io_uring here");
        MonitorFixture fixture = new MonitorFixture(factory);
        try {
            Path path = fixture.listen(folder, "");
            for (int i = 0; i < 30; i++) {
                try (QmpClient client = new QmpClient(path)) {
                    client.line();
                    assertEquals("{\"return\": {}}",
                            client.ask("{\"execute\":\"qmp_capabilities\"}"));
                    if (i % 3 == 0) {
                        Thread.sleep(2); // let the loop go to sleep
                    }
                    client.endOutput();
                    assertNull(client.line());
                }
            }
        } finally {
            fixture.close();
        }
    }
}
