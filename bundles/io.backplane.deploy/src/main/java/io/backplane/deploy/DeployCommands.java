package io.backplane.deploy;

import io.backplane.aio.Apart;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** The commands about deployed bundles. They wait for bundles apart from the event loops. */
final class DeployCommands {
    /** Arguments of deploy. */
    record DeployArguments(
            @Option("path of the jar on the daemon's machine") String file,
            @Option(value = "only say what would happen (default off)", optional = true)
            Boolean dryRun,
            @Option(value = "insist although running bundles would restart (default off)",
                    optional = true) Boolean force) {
    }

    /** Arguments of undeploy. */
    record UndeployArguments(@Option("name of a file in the deploy folder") String file) {
    }

    /** Arguments of why. */
    record WhyArguments(
            @Option("a file in the deploy folder, a symbolic name or a bundle's number")
            String bundle) {
    }

    /** Why a bundle is not let in. */
    @Name("DeployRefusal")
    record RefusalInfo(
            @Option("kind of reason") Refusal.Kind kind,
            @Option("the reason, one sentence") String message) {
        static RefusalInfo of(Refusal refusal) {
            return refusal == null ? null
                    : new RefusalInfo(refusal.kind(), refusal.getMessage());
        }
    }

    /** Result of deploy. */
    @Name("DeployPlan")
    record PlanInfo(
            @Option("symbolic name") String bundle,
            @Option("its version") String version,
            @Option("SHA-256 of the file, hexadecimal") String sha256,
            @Option("what happens with it") Plan.Action action,
            @Option(value = "the bundle it replaces", optional = true) String replaces,
            @Option("bundles of its name that stay beside it") List<String> beside,
            @Option("bundles that get new wires") List<String> refresh,
            @Option("those of them that run and would be restarted") List<String> restart,
            @Option("those of them that would no longer resolve") List<String> unresolve,
            @Option("what it needs and nobody offers") List<String> missing,
            @Option(value = "why it is refused", optional = true) RefusalInfo refusal,
            @Option("whether force=true overrules the refusal") boolean forcible,
            @Option("whether it was done") boolean done) {
        static PlanInfo of(Plan plan, boolean done) {
            return new PlanInfo(plan.jar().name(), plan.jar().version().toString(),
                    plan.jar().sha256(), plan.action(),
                    plan.target() == null ? null : plan.target().title(), titles(plan.beside()),
                    titles(plan.refreshed()), titles(plan.restarted()),
                    titles(plan.unresolved()), plan.missing(), RefusalInfo.of(plan.refusal()),
                    plan.refusal() != null && plan.forcible(), done);
        }

        private static List<String> titles(List<LiveBundle> bundles) {
            return bundles.stream().map(LiveBundle::title).toList();
        }
    }

    /** One of the result of query-deployments. */
    @Name("DeploymentInfo")
    record DeploymentInfo(
            @Option("file in the deploy folder") String file,
            @Option("what became of it") Deployment.State state,
            @Option(value = "symbolic name", optional = true) String bundle,
            @Option(value = "version in the file", optional = true) String version,
            @Option(value = "number of the bundle that runs", optional = true) Long bundleId,
            @Option(value = "version that runs", optional = true) String running,
            @Option(value = "SHA-256 of the file, hexadecimal", optional = true) String sha256,
            @Option(value = "why it is refused", optional = true) RefusalInfo refusal) {
        static DeploymentInfo of(Deployment d) {
            return new DeploymentInfo(d.fileName(), d.state(), d.name(), d.version(),
                    d.bundleId(), d.running(), d.sha256(), RefusalInfo.of(d.refusal()));
        }
    }

    /** Result of why. */
    @Name("WhyInfo")
    record WhyInfo(
            @Option("the bundle") String bundle,
            @Option("what it does") String state,
            @Option("why, a sentence each; empty if it runs and waits for nothing")
            List<String> reasons) {
    }

    private final Deployer deployer;
    private final Reasons reasons;

    DeployCommands(Deployer deployer, Reasons reasons) {
        this.deployer = deployer;
        this.reasons = reasons;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("deploy", "Installs or updates a bundle and keeps it in the deploy"
                        + " folder; with dry-run it only says what would happen.",
                        DeployArguments.class, TypeRef.of(PlanInfo.class), this::awaitDeploy),
                QmpCommand.of("undeploy", "Deletes a file of the deploy folder and its bundle.",
                        UndeployArguments.class, null, a -> awaitApart("", () -> {
                            deployer.undeploy(a.file());
                            return null;
                        })),
                QmpCommand.query("query-deployments", "Lists the files of the deploy folder and"
                        + " what became of them.", TypeRef.listOf(DeploymentInfo.class),
                        _ -> deployer.deployments().stream().map(DeploymentInfo::of).toList()),
                QmpCommand.of("why", "Says why a bundle does not run.", WhyArguments.class,
                        TypeRef.of(WhyInfo.class), a -> awaitApart("",
                                () -> reasons.why(a.bundle()))));
    }

    @GlobalState
    @Suspends
    private Object awaitDeploy(DeployArguments arguments) throws QmpException {
        Path file;
        try {
            file = Path.of(arguments.file()).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw QmpException.generic("file '" + arguments.file() + "' is no path");
        }
        boolean dryRun = Boolean.TRUE.equals(arguments.dryRun());
        boolean force = Boolean.TRUE.equals(arguments.force());
        return awaitApart(file.getFileName() + " is refused: ",
                () -> dryRun ? PlanInfo.of(deployer.plan(file), false)
                : PlanInfo.of(deployer.deploy(file, force), true));
    }

    @GlobalState
    @Suspends
    private static <R> R awaitApart(String before, Apart.Work<R, Refusal> work)
            throws QmpException {
        try {
            return Apart.awaitDone(BoundedStep.THREAD, work);
        } catch (Refusal e) {
            throw QmpException.generic(before + e.getMessage());
        }
    }
}
