package io.backplane.monitor;

import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpException.ErrorClass;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/** qmp_capabilities: a monitor's client says what it understands, and may then give commands. */
final class CapabilitiesCommand implements QmpCommand {
    static final String NAME = "qmp_capabilities";

    /** What client and server may both understand. */
    @Name("QMPCapability")
    enum Capability {
        OOB
    }

    record Arguments(@Option(value = "capabilities to enable", optional = true)
            List<Capability> enable) {
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String help() {
        return "Ends capability negotiation; a monitor's first command.";
    }

    @Override
    public Class<? extends Record> arguments() {
        return Arguments.class;
    }

    @Override
    public Object awaitExecute(Record arguments, QmpSession session) throws QmpException {
        if (!(session instanceof QmpConnection connection)) {
            throw new QmpException(ErrorClass.COMMAND_NOT_FOUND,
                    "Capabilities negotiation is already complete, command ignored");
        }
        List<Capability> enable = ((Arguments) arguments).enable();
        connection.negotiate(enable != null && enable.contains(Capability.OOB));
        return null;
    }
}
