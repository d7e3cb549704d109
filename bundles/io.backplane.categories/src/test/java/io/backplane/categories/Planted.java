package io.backplane.categories;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A bundle compiled from a text in the test: class {@code planted.Bundle} with the given members,
 * against an API of the categories' annotations, {@code AioContext} and a small graph. Nested
 * classes whose names begin with {@code Library} count as imported.
 */
final class Planted {
    private static final String HEAD = """
            package planted;
            import io.backplane.aio.*;
            import java.util.*;
            import java.util.function.*;
            interface Graph {
                @GlobalState void edit();
                @GlobalState @Suspends void awaitDrain();
                @IoOrGlobalState @NoSuspend void watch();
                @IoCode @Suspends void read();
                @IoCode @NoSuspend void count();
                @AnyThread String name();
            }
            interface Listener {
                @GlobalState void told();
            }
            interface Namer {
                @AnyThread String name(Graph graph);
            }
            @GraphWrlock interface WriteSection extends AutoCloseable {
                @AnyThread void close();
            }
            @GraphRdlock interface ReadSection extends AutoCloseable {
                @AnyThread void close();
            }
            interface Locked {
                @GlobalState @Suspends @GraphUnlocked WriteSection awaitWrite();
                @IoCode @Suspends @GraphUnlocked ReadSection awaitRead();
                @GlobalState @GraphWrlock void edit();
                @GlobalState @GraphRdlock void walk();
                @GlobalState @Suspends @GraphUnlocked AutoCloseable awaitDrained();
                @GlobalState @Suspends void awaitOther();
            }
            class Bundle {
                Locked locked;
                Graph graph; AioContext home; Object kept;
            """;
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    /** One for all: what it has read of the class path, it keeps. */
    private static final JavaFileManager CLASS_PATH =
            COMPILER.getStandardFileManager(null, null, null);
    private static final int HEAD_LINES = (int) HEAD.lines().count();

    private Planted() {
    }

    /** What is found in the class with these members. */
    static List<Violation> check(String members) {
        return checker(members).check();
    }

    static CategoryChecker checker(String members) {
        Map<String, byte[]> own = compile(HEAD + members + "\n}\n");
        Map<String, byte[]> imported = new HashMap<>();
        own.forEach((name, bytes) -> {
            if (name.contains("$Library")) {
                imported.put(name.replace('.', '/'), bytes);
            }
        });
        own.keySet().removeIf(name -> imported.containsKey(name.replace('.', '/')));
        return new CategoryChecker(own.values(),
                name -> imported.containsKey(name) ? imported.get(name) : ofAio(name));
    }

    /** One violation, in this method and line of {@code members} (from 1), with these words. */
    static void assertRefused(String members, String method, int line, String... words) {
        List<Violation> found = check(members);
        assertEquals(1, found.size(), found::toString);
        Violation violation = found.getFirst();
        assertEquals(method, violation.method(), violation::message);
        assertEquals(line, violation.line() - HEAD_LINES, violation::message);
        assertTrue(violation.message().contains("Bundle.java:" + violation.line()),
                violation::message);
        for (String word : words) {
            assertTrue(violation.message().contains(word), violation::message);
        }
    }

    static void assertAccepted(String members) {
        assertEquals(List.of(), check(members));
    }

    private static byte[] ofAio(String name) {
        try (InputStream in = Planted.class.getResourceAsStream("/" + name + ".class")) {
            return in == null || !name.startsWith("io/backplane/aio/") ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, byte[]> compile(String text) {
        Map<String, byte[]> classes = new HashMap<>();
        StringWriter messages = new StringWriter();
        JavaFileManager files = new InMemory(CLASS_PATH, classes);
        JavaFileObject source = new SimpleJavaFileObject(URI.create("string:///Bundle.java"),
                JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
        boolean good = COMPILER.getTask(messages, files, null, List.of("-g:source,lines"), null,
                List.of(source)).call();
        assertTrue(good, messages::toString);
        return classes;
    }

    private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, byte[]> classes;

        InMemory(JavaFileManager files, Map<String, byte[]> classes) {
            super(files);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(Location location, String className,
                JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return new ByteArrayOutputStream() {
                        @Override
                        public void close() {
                            classes.put(className, toByteArray());
                        }
                    };
                }
            };
        }
    }
}
