package io.backplane.tck;

import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;

/** Makes nodes with a bug. */
final class FaultyDriver implements BlockDriver {
    private final FaultyNode.Bug bug;

    FaultyDriver(FaultyNode.Bug bug) {
        this.bug = bug;
    }

    @Override
    public String name() {
        return "faulty";
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.FORMAT;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return PlantedBugsTest.Options.class;
    }

    @Override
    public ChildRole childRole(String childName, Record options) {
        return ChildRole.DATA;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) {
        return new FaultyNode(request.child("file"), bug);
    }
}
