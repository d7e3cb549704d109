package io.backplane.devices;

import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.qmp.StartupHandler;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;

/** {@code --device} on the command line. */
final class DeviceOption implements StartupHandler {
    private static final QmpSession SESSION = QmpSession.operator("command line");

    private final QmpCommands commands;

    DeviceOption(QmpCommands commands) {
        this.commands = commands;
    }

    @Override
    public String option() {
        return "device";
    }

    @Override
    public void awaitExecute(String value) throws QmpException {
        try {
            commands.awaitExecute("device_add", new OptionParser(commands.branches())
                    .parseText(DeviceOptions.class, value, "driver"), SESSION);
        } catch (OptionException e) {
            throw QmpException.of(e);
        }
    }
}
