package io.backplane.monitor;

import io.backplane.qmp.QmpException;
import java.util.Map;

/**
 * One request of a client.
 *
 * @param hasId whether it has an id, which may be null
 * @param id to be echoed, any JSON
 * @param error why it is none; else null
 * @param command the command's name
 * @param arguments null: none
 * @param oob whether to execute it out of band
 */
record Request(boolean hasId, Object id, QmpException error, String command,
        Map<String, Object> arguments, boolean oob) {

    /** Input that was no JSON. */
    static Request broken(String message) {
        return new Request(false, null, QmpException.generic(message), null, null, false);
    }

    /**
     * A request from what the client sent.
     *
     * @param oobAllowed whether {@code exec-oob} was negotiated
     */
    static Request of(Object tree, boolean oobAllowed) {
        if (!(tree instanceof Map<?, ?> members)) {
            return broken("QMP input must be a JSON object");
        }
        Object id = members.get("id");
        boolean hasId = members.containsKey("id");
        try {
            return decode(members, hasId, id, oobAllowed);
        } catch (QmpException e) {
            return new Request(hasId, id, e, null, null, false);
        }
    }

    @SuppressWarnings("unchecked")
    private static Request decode(Map<?, ?> members, boolean hasId, Object id,
            boolean oobAllowed) throws QmpException {
        String executeKey = null;
        String command = null;
        Map<String, Object> arguments = null;
        for (Map.Entry<?, ?> entry : members.entrySet()) {
            String key = (String) entry.getKey();
            if (key.equals("execute") || key.equals("exec-oob") && oobAllowed) {
                if (!(entry.getValue() instanceof String name)) {
                    throw mistake("member '" + key + "' must be a string");
                }
                if (command != null) {
                    throw mistake("member '" + key + "' clashes with '" + executeKey + "'");
                }
                executeKey = key;
                command = name;
            } else if (key.equals("arguments")) {
                if (!(entry.getValue() instanceof Map<?, ?> map)) {
                    throw mistake("member 'arguments' must be an object");
                }
                arguments = (Map<String, Object>) map;
            } else if (!key.equals("id")) {
                throw mistake("member '" + key + "' is unexpected");
            }
        }
        if (command == null) {
            throw mistake("lacks member 'execute'");
        }
        return new Request(hasId, id, null, command, arguments, executeKey.equals("exec-oob"));
    }

    private static QmpException mistake(String what) {
        return QmpException.generic("QMP input " + what);
    }
}
