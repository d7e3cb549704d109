package io.backplane.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.virtio.device.VirtioDeviceModel;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Devices with a bug each: the case that is there for it fails, and passes without the bug. */
class PlantedDeviceBugsTest {
    /** A case of the suite. */
    private interface Case {
        void run(DeviceConformance kit) throws Exception;
    }

    private static final Map<FaultyDevice.Bug, Case> FINDERS = Map.of(
            FaultyDevice.Bug.THROWS_AT_SHORT_REQUESTS,
            DeviceConformance::chainWithoutSenseIsAnsweredOrBreaksTheDeviceAndIsKeptTo,
            FaultyDevice.Bug.WRITES_TO_READABLE_MEMORY,
            DeviceConformance::goodRequestsAreAnsweredInAnyNumber,
            FaultyDevice.Bug.CLAIMS_TOO_MUCH,
            DeviceConformance::goodRequestsAreAnsweredInAnyNumber,
            FaultyDevice.Bug.FORGETS_REQUESTS,
            DeviceConformance::goodRequestsAreAnsweredInAnyNumber,
            FaultyDevice.Bug.LOSES_CONFIGURATION,
            DeviceConformance::whatTheDriverWroteToConfigurationSurvivesTheChange,
            FaultyDevice.Bug.THROWS_AT_FAR_CONFIGURATION,
            DeviceConformance::configurationReadsTheSameInAnyPiecesAndAsZeroesBehindItsEnd,
            FaultyDevice.Bug.OFFERS_RING_FEATURES,
            DeviceConformance::offersFeaturesOfItsOwnOnly);

    /** The suite on a device. */
    private static final class Kit extends DeviceConformance {
        private final FaultyDevice.Bug bug;

        Kit(FaultyDevice.Bug bug) {
            this.bug = bug;
        }

        @Override
        protected VirtioDeviceModel newModel(DeviceGround ground) {
            return new FaultyDevice.Model(bug);
        }

        @Override
        protected Record options(DeviceGround ground) {
            return new FaultyDevice.Options();
        }

        @Override
        protected GoodRequest request(Random random) {
            byte[] sent = new byte[1 + random.nextInt(300)];
            random.nextBytes(sent);
            return new GoodRequest(sent, sent.length, (written, usedBytes) -> {
                assertEquals(sent.length, usedBytes);
                assertArrayEquals(sent, written);
            });
        }
    }

    @ParameterizedTest
    @EnumSource(value = FaultyDevice.Bug.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void bugIsFound(FaultyDevice.Bug bug) throws Exception {
        Case finder = FINDERS.get(bug);
        finder.run(new Kit(FaultyDevice.Bug.NONE));
        assertThrows(AssertionError.class, () -> finder.run(new Kit(bug)));
    }

    @Test
    void deviceWithoutABugPasses() throws Exception {
        Kit kit = new Kit(FaultyDevice.Bug.NONE);
        kit.lieOfTheGuestBreaksItsDeviceUntilTheNextReset();
        kit.queueWithoutItsRunTokenTakesNothingAndLooksWhenItComesBack();
        kit.deviceFrozenAndThawedUnderLoadAnswersEveryRequest();
        kit.resetInFlightEndsWhatWasTakenAndTheDeviceStartsAnew();
    }
}
