package io.backplane.deploy;

import io.backplane.deploy.Refusal.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.osgi.framework.Version;

/** Says in words what a bundle needs and nobody offers, and who comes near. */
final class Diagnosis {
    private static final int SHOWN_MAX = 3;

    private final World world;
    private final List<JarFacts> waiting;

    /** @param waiting refused jars, which would offer something if they were let in */
    Diagnosis(World world, List<JarFacts> waiting) {
        this.world = world;
        this.waiting = waiting;
    }

    /** What {@code jar} needs and neither itself nor a resolved bundle of {@code rest} offers. */
    List<Requirement> unmet(JarFacts jar, World rest) {
        return jar.requirements().stream().filter(r -> !r.optional()
                && jar.capabilities().stream().noneMatch(r::isMetBy)
                && rest.providers(r).isEmpty()).toList();
    }

    /** What an installed bundle needs and no other offers. */
    List<Requirement> unmet(LiveBundle bundle) {
        return bundle.requirements().stream().filter(r -> !r.optional()
                && bundle.capabilities().stream().noneMatch(r::isMetBy)
                && world.providers(r).isEmpty()).toList();
    }

    /** One sentence on the first needs, null for none. */
    Refusal refusal(List<Requirement> unmet) {
        if (unmet.isEmpty()) {
            return null;
        }
        for (Requirement requirement : unmet) {
            if (requirement.isExecutionEnvironment()) {
                return new Refusal(Kind.EXECUTION_ENVIRONMENT, "it needs "
                        + (requirement.name().equals("JavaSE") ? "Java" : requirement.name())
                        + " " + requirement.range() + ", and this is Java "
                        + Runtime.version().feature(), List.of(requirement.inWords()));
            }
        }
        List<String> words = unmet.stream().map(Requirement::inWords).toList();
        List<String> sentences = new ArrayList<>();
        for (Requirement requirement : unmet.subList(0, Math.min(SHOWN_MAX, unmet.size()))) {
            sentences.add("it needs " + requirement.inWords() + ", " + nearMisses(requirement));
        }
        int more = unmet.size() - sentences.size();
        return new Refusal(Kind.UNRESOLVED, String.join("; ", sentences)
                + (more == 0 ? "" : "; and " + more + " more needs are not met"), words);
    }

    private String nearMisses(Requirement requirement) {
        TreeSet<String> offers = new TreeSet<>();
        for (LiveBundle bundle : world.bundles()) {
            for (Capability offer : bundle.capabilities()) {
                if (isNear(requirement, offer)) {
                    boolean fits = requirement.isMetBy(offer);
                    offers.add("version " + offer.version() + " of " + bundle.title()
                            + (!fits ? "" : bundle.isResolved() ? ", which leaves"
                            : ", which is itself not resolved"));
                }
            }
        }
        for (JarFacts jar : waiting) {
            for (Capability offer : jar.capabilities()) {
                if (isNear(requirement, offer)) {
                    offers.add("version " + offer.version() + " of " + jar.file().getFileName()
                            + ", which is refused");
                }
            }
        }
        if (offers.isEmpty()) {
            return "which no bundle offers" + similar(requirement);
        }
        return "but there is only " + String.join(" and ", offers);
    }

    private static boolean isNear(Requirement requirement, Capability offer) {
        return offer.namespace().equals(requirement.namespace())
                && offer.name().equals(requirement.name());
    }

    /** For a package that nobody has: the one with the same parent, or the same last word. */
    private String similar(Requirement requirement) {
        if (!requirement.isPackage()) {
            return "";
        }
        String wanted = requirement.name();
        String best = null;
        int bestScore = 0;
        for (LiveBundle bundle : world.bundles()) {
            for (Capability offer : bundle.capabilities()) {
                int score = offer.isPackage() ? score(wanted, offer.name()) : 0;
                if (score > bestScore) {
                    bestScore = score;
                    best = offer.name() + " " + shortVersion(offer.version()) + " of "
                            + bundle.title();
                }
            }
        }
        return best == null ? "" : " (nearest: " + best + ")";
    }

    private static String shortVersion(Version version) {
        return version.equals(Version.emptyVersion) ? "without a version" : version.toString();
    }

    /** Common words at the start and the end; a name that shares less than half scores nothing. */
    private static int score(String wanted, String offered) {
        String[] a = wanted.split("\\.");
        String[] b = offered.split("\\.");
        int least = Math.min(a.length, b.length);
        int front = 0;
        while (front < least && a[front].equals(b[front])) {
            front++;
        }
        int back = 0;
        while (back < least - front && a[a.length - 1 - back].equals(b[b.length - 1 - back])) {
            back++;
        }
        int score = 2 * (front + back) - Math.abs(a.length - b.length);
        return 2 * (front + back) > Math.max(a.length, b.length) ? score : 0;
    }
}
