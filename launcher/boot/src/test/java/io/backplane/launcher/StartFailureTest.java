package io.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleException;

class StartFailureTest {

    @Test
    void lastMissingPackageOfTheChainIsNamed() {
        assertEquals("no bundle exports the package c.d in version [1.0.0,2.0.0)",
                StartFailure.reason(new BundleException("Unable to resolve x: missing requirement"
                        + " osgi.wiring.package; (osgi.wiring.package=a.b) [caused by: missing"
                        + " requirement osgi.wiring.package; (&(osgi.wiring.package=c.d)"
                        + "(version>=1.0.0)(!(version>=2.0.0)))]",
                        BundleException.RESOLVE_ERROR)));
    }

    @Test
    void failureOfAnActivatorIsItsRootCause() {
        assertEquals("the disk is gone", StartFailure.reason(new BundleException("Activator",
                new IllegalStateException("wrapped", new RuntimeException("the disk is gone")))));
    }
}
