package io.backplane.itests;

import java.io.IOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A test that says which rule it proves, found in the class files of all modules.
 *
 * @param rule the ID it names
 * @param type binary name of the test class
 * @param test the test's name, with its class; or the class alone if it has no methods that are
 *     tests: a scenario or a stress test
 * @param bug the planted bug it finds; empty: none, or told by the scenario
 * @param enabled whether it runs
 */
record Proof(String rule, String type, String test, String bug, boolean enabled) {
    private static final String RULE = "Lio/backplane/rules/Rule;";
    private static final String RULES = "Lio/backplane/rules/Rule$Several;";
    private static final String DISABLED = "Lorg/junit/jupiter/api/Disabled;";
    private static final Set<String> TESTS = Set.of("Lorg/junit/jupiter/api/Test;",
            "Lorg/junit/jupiter/api/RepeatedTest;", "Lorg/junit/jupiter/api/TestFactory;",
            "Lorg/junit/jupiter/params/ParameterizedTest;");

    private record Claim(String id, String bug) {
    }

    /** All of them, in no order. */
    static List<Proof> all() throws IOException {
        List<Proof> proofs = new ArrayList<>();
        for (Path module : modules()) {
            Path sources = module.resolve("src/test/java");
            Path tests = module.resolve("target/test-classes");
            if (Files.isDirectory(sources) && !Files.isDirectory(tests)) {
                throw new IOException(module + " has tests that are not compiled: build all first");
            }
            read(tests, sources, proofs);
            read(module.resolve("target/classes"), module.resolve("src/main/java"), proofs);
        }
        return proofs;
    }

    private static List<Path> modules() throws IOException {
        List<Path> modules = new ArrayList<>();
        for (String group : List.of("launcher", "bundles", "itests", ".")) {
            try (Stream<Path> folders = Files.list(BuiltBundle.root().resolve(group))) {
                folders.filter(f -> Files.exists(f.resolve("pom.xml"))).sorted()
                        .forEach(modules::add);
            }
        }
        return modules;
    }

    private static void read(Path classes, Path sources, List<Proof> to) throws IOException {
        if (!Files.isDirectory(classes)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(classes)) {
            files = all.filter(f -> f.toString().endsWith(".class")).toList();
        }
        for (Path file : files) {
            String name = classes.relativize(file).toString().replaceAll("(\\$.*)?\\.class$", "");
            if (Files.exists(sources.resolve(name + ".java"))) { // else a leftover
                read(ClassFile.of().parse(file), to);
            }
        }
    }

    private static void read(ClassModel model, List<Proof> to) {
        String binary = model.thisClass().asInternalName().replace('/', '.');
        String simple = binary.substring(binary.lastIndexOf('.') + 1).replace('$', '.');
        boolean enabled = !has(model, Set.of(DISABLED));
        List<Claim> ofClass = claims(model);
        boolean hasTests = false;
        for (MethodModel method : model.methods()) {
            boolean test = has(method, TESTS);
            hasTests |= test;
            boolean runs = enabled && test && !has(method, Set.of(DISABLED));
            for (Claim claim : claims(method)) {
                to.add(new Proof(claim.id, binary, simple + "." + method.methodName(), claim.bug,
                        runs));
            }
        }
        for (Claim claim : ofClass) {
            to.add(new Proof(claim.id, binary, simple, claim.bug, enabled));
        }
    }

    private static boolean has(AttributedElement element, Set<String> types) {
        return annotations(element).stream()
                .anyMatch(a -> types.contains(a.classSymbol().descriptorString()));
    }

    private static List<Annotation> annotations(AttributedElement element) {
        return element.findAttribute(Attributes.runtimeVisibleAnnotations())
                .map(a -> a.annotations()).orElse(List.of());
    }

    private static List<Claim> claims(AttributedElement element) {
        List<Claim> claims = new ArrayList<>();
        for (Annotation annotation : annotations(element)) {
            String type = annotation.classSymbol().descriptorString();
            if (type.equals(RULE)) {
                claims(annotation, claims);
            } else if (type.equals(RULES)) {
                for (AnnotationValue one : array(annotation.elements().getFirst())) {
                    claims(((AnnotationValue.OfAnnotation) one).annotation(), claims);
                }
            }
        }
        return claims;
    }

    private static void claims(Annotation rule, List<Claim> to) {
        List<String> ids = new ArrayList<>();
        String bug = "";
        for (AnnotationElement element : rule.elements()) {
            if (element.name().equalsString("value")) {
                array(element).forEach(v -> ids.add(((AnnotationValue.OfString) v).stringValue()));
            } else {
                bug = ((AnnotationValue.OfString) element.value()).stringValue();
            }
        }
        for (String id : ids) {
            to.add(new Claim(id, bug));
        }
    }

    private static List<AnnotationValue> array(AnnotationElement element) {
        return ((AnnotationValue.OfArray) element.value()).values();
    }
}
