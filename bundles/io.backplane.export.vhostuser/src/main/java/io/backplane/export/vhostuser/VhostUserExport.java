package io.backplane.export.vhostuser;

import io.backplane.export.Export;

/** A port that was made as an export. */
record VhostUserExport(VhostUserPort port, String type) implements Export {

    @Override
    public String id() {
        return port.id();
    }

    @Override
    public String nodeName() {
        return port.nodeName();
    }

    @Override
    public boolean hasClient() {
        return port.hasGuest();
    }

    @Override
    public String address() {
        return port.address();
    }

    @Override
    public void letGo() {
        port.letGo();
    }

    @Override
    public void awaitClose() {
        port.awaitClose();
    }
}
