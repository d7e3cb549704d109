package io.backplane.deploy;

import java.util.List;

/**
 * What deploying a jar would do.
 *
 * @param jar       the jar
 * @param action    what happens with it
 * @param target    the bundle it replaces, or null
 * @param beside    bundles of its name that stay, in other versions
 * @param refreshed bundles that get new wires, its users first of all
 * @param restarted those of them that run
 * @param unresolved those of them that would no longer resolve
 * @param missing   what the jar itself needs and nobody offers, in words
 * @param refusal   why it is not done, or null
 * @param forcible  whether the operator may insist
 */
record Plan(JarFacts jar, Action action, LiveBundle target, List<LiveBundle> beside,
        List<LiveBundle> refreshed, List<LiveBundle> restarted, List<LiveBundle> unresolved,
        List<String> missing, Refusal refusal, boolean forcible) {

    /** What happens with a jar. */
    enum Action { INSTALL, UPDATE }

    /** The same, refused for a reason that nobody can insist against. */
    Plan refused(Refusal reason) {
        return new Plan(jar, action, target, beside, refreshed, restarted, unresolved, missing,
                refusal != null && !forcible ? refusal : reason, false);
    }

    /**
     * Checks that it may be carried out.
     *
     * @param force whether the operator insists
     */
    void require(boolean force) throws Refusal {
        if (refusal != null && !(force && forcible)) {
            throw refusal;
        }
    }
}
