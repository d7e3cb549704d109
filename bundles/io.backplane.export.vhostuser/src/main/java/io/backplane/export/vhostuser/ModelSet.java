package io.backplane.export.vhostuser;

import io.backplane.virtio.device.VirtioDeviceModel;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The device models there are now, several versions of one type side by side. Any thread. */
final class ModelSet {

    /**
     * One model.
     *
     * @param bundle symbolic name of its bundle, for people
     * @param version of its bundle, for people
     * @param rank the higher serves new devices; of equal ones the later
     */
    record Offer(VirtioDeviceModel model, String bundle, String version, Comparable<?> rank) {
        /** Its type. */
        String type() {
            return model.type();
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        private boolean isOlderThan(Offer other) {
            return ((Comparable) rank).compareTo(other.rank) <= 0;
        }
    }

    private final List<Offer> offers = new ArrayList<>();

    synchronized void add(Offer offer) {
        offers.add(offer);
    }

    /** Takes a model out; null if it is not there. */
    synchronized Offer remove(VirtioDeviceModel model) {
        for (Offer offer : offers) {
            if (offer.model == model) {
                offers.remove(offer);
                return offer;
            }
        }
        return null;
    }

    /** The newest model of a type; null if there is none. */
    synchronized Offer newest(String type) {
        return newestBut(List.of(), type);
    }

    /** The newest model of a type, leaving out some; null if there is none. */
    synchronized Offer newestBut(List<Offer> not, String type) {
        Offer newest = null;
        for (Offer offer : offers) {
            if (offer.type().equals(type) && !not.contains(offer)
                    && (newest == null || newest.isOlderThan(offer))) {
                newest = offer;
            }
        }
        return newest;
    }

    /** The newest model of each type. */
    synchronized SortedMap<String, VirtioDeviceModel> newest() {
        TreeMap<String, VirtioDeviceModel> models = new TreeMap<>();
        for (Offer offer : offers) {
            models.put(offer.type(), newest(offer.type()).model());
        }
        return models;
    }
}
