package io.backplane.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Version;

/** Manifest headers. */
class ClauseTest {

    @Test
    void missingOrEmptyHeaderHasNoClauses() {
        assertEquals(List.of(), Clause.parse(null));
        assertEquals(List.of(), Clause.parse("  "));
    }

    @Test
    void quotesHideSeparators() {
        List<Clause> clauses = Clause.parse(
                "a.b;a.c;version=\"[1,2)\";resolution:=optional, x;filter:=\"(&(a=b);,(c>=d))\"");

        assertEquals(List.of("a.b", "a.c"), clauses.get(0).paths());
        assertEquals(Map.of("version", "[1,2)"), clauses.get(0).attributes());
        assertEquals(Map.of("resolution", "optional"), clauses.get(0).directives());
        assertEquals(Map.of("filter", "(&(a=b);,(c>=d))"), clauses.get(1).directives());
    }

    @Test
    void attributesHaveTheirTypes() {
        Clause clause = Clause.parse(
                "ns;version:Version=\"1.2\";n:Long=3;v:List<Version>=\"1,2\"").getFirst();

        assertEquals(new Version(1, 2, 0), clause.attributes().get("version"));
        assertEquals(3L, clause.attributes().get("n"));
        assertEquals(List.of(new Version(1, 0, 0), new Version(2, 0, 0)),
                clause.attributes().get("v"));
    }

    @Test
    void importMeetsExportsOfItsRangeOnly() {
        Requirement range = Requirement.ofPackage("a.b",
                Clause.parse("a.b;version=\"[1,2)\"").getFirst());
        Requirement least = Requirement.ofPackage("a.b",
                Clause.parse("a.b;version=1.5").getFirst());
        Capability old = export("a.b;version=1.0");

        assertTrue(range.isMetBy(old));
        assertFalse(least.isMetBy(old));
        assertTrue(least.isMetBy(export("a.b;version=3")));
        assertFalse(range.isMetBy(export("a.b;version=2")));
        assertFalse(range.isMetBy(export("a.bc;version=1")));
        assertEquals("[1.0.0,2.0.0)", range.range());
        assertEquals("1.5.0 or later", least.range());
        assertEquals("the package a.b in version 1.5.0 or later", least.inWords());
    }

    private static Capability export(String header) {
        Clause clause = Clause.parse(header).getFirst();
        return Capability.ofPackage(clause.paths().getFirst(), clause);
    }
}
