package io.backplane.shell;

import java.util.List;

/** Names of what exists now, for completion. */
interface Names {

    /**
     * What a member of a command's arguments may name; empty if nobody knows.
     *
     * @param command the QMP command's name
     * @param member the member's name
     * @param isNode whether it names a node, by its type
     * @param typed the beginning, for paths
     */
    List<String> forMember(String command, String member, boolean isNode, String typed);

    /** What the words after one of the shell's own commands may name. */
    List<String> forCommand(String command);
}
