package io.backplane.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.deploy.Deployment.State;
import io.backplane.deploy.LiveBundle.Wire;
import io.backplane.deploy.Refusal.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the deployer does with files, on a framework of values. */
class DeployerTest {
    @TempDir
    private Path folder;
    private final FakeHost host = new FakeHost();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private Deployer deployer;

    @BeforeEach
    void make() {
        deployer = new Deployer(folder, host, new CategoryCheck(host, false),
                new BoundedStep(Duration.ofMillis(200)), new Notices() {
                    @Override
                    public void deployed(Deployment deployment) {
                        told.add("deployed " + deployment.title());
                    }

                    @Override
                    public void refused(Deployment deployment) {
                        told.add("refused " + deployment.title());
                    }

                    @Override
                    public void hung(Deployment deployment) {
                        told.add("hung " + deployment.title());
                    }

                    @Override
                    public void removed(Deployment deployment) {
                        told.add("removed " + deployment.title());
                    }
                }, new ReentrantLock());
    }

    @Test
    void fileComesChangesAndGoes() throws Exception {
        Path file = TestJar.write(folder.resolve("a.jar"), "a", "1.0.0");
        deployer.arrived(file);
        deployer.arrived(file);
        TestJar.write(file, "a", "1.1.0", "X-Longer", "so that its size differs");
        deployer.arrived(file);
        Files.delete(file);
        deployer.gone(file);

        assertEquals(List.of("install a 1.0.0", "start a 1.0.0", "stop a 1.0.0",
                "update to a 1.1.0", "start a 1.1.0", "stop a 1.1.0", "uninstall a 1.1.0"),
                host.done());
        assertEquals(List.of("deployed a 1.0.0", "deployed a 1.1.0", "removed a 1.1.0"), told);
        assertEquals(List.of(), deployer.deployments());
    }

    @Test
    void sameContentWithANewTimeIsNoUpdate() throws Exception {
        Path file = TestJar.write(folder.resolve("a.jar"), "a", "1.0.0");
        deployer.arrived(file);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
        deployer.arrived(file);

        assertEquals(List.of("install a 1.0.0", "start a 1.0.0"), host.done());
    }

    @Test
    void halfAJarIsRefusedUntilItIsWhole() throws Exception {
        Path file = TestJar.write(folder.resolve("a.jar"), "a", "1.0.0");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        deployer.arrived(file);
        assertEquals(Kind.NOT_A_BUNDLE, only().refusal().kind());
        Files.write(file, whole);
        deployer.arrived(file);

        assertEquals(State.ACTIVE, only().state());
    }

    @Test
    @Timeout(10)
    void whatIsNoRegularFileIsNotRead() throws Exception {
        Path endless = Files.createSymbolicLink(folder.resolve("zero.jar"), Path.of("/dev/zero"));
        Path directory = Files.createDirectory(folder.resolve("directory.jar"));
        for (Path file : List.of(endless, directory)) {
            Refusal refusal = assertThrows(Refusal.class, () -> deployer.deploy(file, false));
            assertEquals("it is no regular file", refusal.getMessage());
            deployer.arrived(file);
        }

        assertEquals(List.of(), host.done());
        assertEquals(2, deployer.deployments().size());
    }

    @Test
    void whatIsNoFileOfTheFolderIsNotDeleted() throws Exception {
        Path outside = Files.createFile(folder.resolveSibling(folder.getFileName() + ".outside"));
        for (String name : new String[] {"", ".", "..", "../" + outside.getFileName(),
            outside.toString(), "missing.jar", "nul\0.jar", "a".repeat(5000)}) {
            assertThrows(Refusal.class, () -> deployer.undeploy(name), name);
        }
        assertTrue(Files.exists(outside));
        Files.delete(outside);
    }

    @Test
    void whatFailsWhenItRunsIsUninstalled() throws Exception {
        host.behave(Map.of("a 1.0.0", "fail", "b 1.0.0", "throw"));
        deployer.arrived(TestJar.write(folder.resolve("a.jar"), "a", "1.0.0"));
        deployer.arrived(TestJar.write(folder.resolve("b.jar"), "b", "1.0.0"));

        assertEquals(List.of(), host.world().bundles());
        assertTrue(deployer.deployments().stream()
                .allMatch(d -> d.refusal().kind() == Kind.ACTIVATION));
    }

    @Test
    void updateThatFailsGoesBackToTheFormerContent() throws Exception {
        host.behave(Map.of("a 1.1.0", "throw"));
        Path file = TestJar.write(folder.resolve("a.jar"), "a", "1.0.0");
        deployer.arrived(file);
        TestJar.write(file, "a", "1.1.0", "X-Longer", "so that its size differs");
        deployer.arrived(file);

        LiveBundle runs = host.world().bundles().getFirst();
        assertEquals("a 1.0.0", runs.title());
        assertEquals(LiveBundle.State.ACTIVE, runs.state());
        assertEquals("1.0.0", only().running());
        assertEquals("1.1.0", only().version());
    }

    @Test
    void needThatASiblingMeetsIsMetInAnyOrder() throws Exception {
        Path user = TestJar.write(folder.resolve("a.jar"), "a", "1.0.0", "Import-Package", "x.y");
        TestJar.write(folder.resolve("b.jar"), "b", "1.0.0", "Export-Package", "x.y");
        deployer.arrived(user);

        assertEquals(List.of("deployed b 1.0.0", "deployed a 1.0.0"), told);
    }

    @Test
    void refusedFileIsLookedAtAgainWhenWhatItNeedsArrives() throws Exception {
        deployer.arrived(TestJar.write(folder.resolve("a.jar"), "a", "1.0.0",
                "Import-Package", "x.y"));
        assertEquals("it needs the package x.y, which no bundle offers",
                only().refusal().getMessage());
        deployer.arrived(TestJar.write(folder.resolve("b.jar"), "b", "1.0.0",
                "Export-Package", "x.y"));

        assertEquals(List.of("refused a 1.0.0", "deployed b 1.0.0", "deployed a 1.0.0"), told);
    }

    @Test
    void sameVersionFromTwoFilesIsRefusedUntilTheFirstGoes() throws Exception {
        Path first = TestJar.write(folder.resolve("a.jar"), "a", "1.0.0");
        deployer.arrived(first);
        Path second = TestJar.write(folder.resolve("b.jar"), "a", "1.0.0");
        deployer.arrived(second);
        assertEquals(Kind.DUPLICATE, deployer.deployments().getLast().refusal().kind());
        Files.delete(first);
        deployer.gone(first);

        assertEquals(State.ACTIVE, only().state());
    }

    @Test
    void bundleThatRestartsOthersIsRefusedUnlessForced() throws Exception {
        Clause export = Clause.parse("x.y;version=1").getFirst();
        LiveBundle api = host.add("api", "1.0.0", "reference:file:/nowhere/api",
                List.of(Capability.ofPackage("x.y", export)), List.of());
        Requirement need = Requirement.ofPackage("x.y",
                Clause.parse("x.y;version=\"[1,2)\"").getFirst());
        host.add("user", "1.0.0", "reference:file:/nowhere/user", List.of(),
                List.of(new Wire(need, api.id())));
        Path good = TestJar.write(folder.resolve("good.jar"), "api", "1.1.0",
                "Export-Package", "x.y;version=1.1");
        Path bad = TestJar.write(folder.resolve("bad.jar"), "api", "2.0.0",
                "Export-Package", "x.y;version=2");
        Path other = TestJar.write(folder.resolve("other.jar"), "other", "1.0.0",
                "Export-Package", "x.y;version=1");

        assertEquals("user would restart; deploy with force=true insists",
                deployer.plan(good).refusal().getMessage());
        assertEquals(List.of("user 1.0.0"),
                deployer.plan(good).restarted().stream().map(LiveBundle::title).toList());
        assertTrue(deployer.plan(bad).refusal().getMessage().startsWith("user would no longer"
                + " resolve, for they need the package x.y in version [1.0.0,2.0.0)"));
        assertTrue(deployer.plan(other).refusal().getMessage().startsWith("it exports the package"
                + " x.y, which user use from api 1.0.0"));
        assertEquals(List.of(), host.done());
        assertThrows(Refusal.class, () -> deployer.deploy(good, false));
        assertEquals(List.of(), host.done());
        deployer.deploy(good, true);
        assertEquals("api 1.1.0", host.world().byId(api.id()).title());
    }

    @Test
    void jarThatComesBesideAnotherIsHeldAgainstWhatIsThereOnceThatIsGone() throws Exception {
        Clause export = Clause.parse("x.y;version=1").getFirst();
        LiveBundle old = host.add("driver", "1.0.0", "reference:file:/nowhere/driver",
                List.of(Capability.ofPackage("x.y", export)), List.of());
        Requirement need = Requirement.ofPackage("x.y", export);

        assertEquals(null, besideFault(old, "driver", "1.0.0"), "the same version may come");
        assertEquals("it needs the package x.y in version 1.0.0 or later, but there is only version"
                + " 1.0.0 of driver 1.0.0, which leaves", besideFault(old, "driver", "1.1.0",
                "Import-Package", "x.y;version=1"));
        assertEquals("its manifest says that it offers other services, and no x.Driver",
                besideFault(old, "graph", "1.0.0", "Provide-Capability",
                        "osgi.service;objectClass:List<String>=\"x.Graph,x.Other\""));
        assertEquals(null, besideFault(old, "driver", "1.2.0", "Provide-Capability",
                "osgi.service;objectClass:List<String>=\"x.Other,x.Driver\""));
        assertEquals("it is a fragment, which cannot be started",
                besideFault(old, "part", "1.0.0", "Fragment-Host", "driver"));
        host.add("user", "1.0.0", "reference:file:/nowhere/user", List.of(),
                List.of(new Wire(need, old.id())));
        assertEquals("user would restart, for they use driver 1.0.0; deploy with force=true"
                + " insists", besideFault(old, "driver", "1.1.0"));
        assertTrue(besideFault(null, "thief", "1.0.0", "Export-Package", "x.y;version=1")
                .endsWith("would not see as the same; import it"));
        assertEquals(List.of(), host.done());
    }

    private String besideFault(LiveBundle leaving, String name, String version, String... headers)
            throws Exception {
        Path jar = TestJar.write(folder.resolve("beside.jar"), name, version, headers);
        try {
            assertEquals(name, deployer.checkBeside(jar, "x.Driver", leaving == null ? Set.of()
                    : Set.of(leaving.id())).name());
            return null;
        } catch (Refusal e) {
            return e.getMessage();
        }
    }

    @Test
    void bundleThatHangsIsGivenUpAndFoundAgainWhenItReturns() throws Exception {
        host.behave(Map.of("a 1.0.0", "hang"));
        deployer.arrived(TestJar.write(folder.resolve("a.jar"), "a", "1.0.0"));
        assertEquals(State.HUNG, only().state());
        assertTrue(only().refusal().getMessage().contains("did not return within 200 ms, in"
                + " io.backplane.deploy.FakeHost.start"), only().refusal().getMessage());
        deployer.arrived(TestJar.write(folder.resolve("b.jar"), "b", "1.0.0"));
        assertEquals(State.ACTIVE, deployer.deployments().getLast().state());

        host.release.countDown();
        for (int i = 0; i < 500 && deployer.deployments().stream()
                .anyMatch(d -> d.state() != State.ACTIVE); i++) {
            Thread.sleep(10);
        }
        assertTrue(told.contains("deployed a 1.0.0"), told::toString);
        assertEquals(List.of("install a 1.0.0", "start a 1.0.0", "install b 1.0.0",
                "start b 1.0.0"), host.done());
    }

    private Deployment only() {
        assertEquals(1, deployer.deployments().size());
        return deployer.deployments().getFirst();
    }
}
