package io.backplane.assemble;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Properties;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** The pinned versions: the properties of the root pom, and {@code project.version}. */
final class BuildProperties {
    private BuildProperties() {
    }

    static Properties read(Path pom) throws AssemblyException {
        Properties properties = new Properties();
        try {
            Element project = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder()
                    .parse(pom.toFile()).getDocumentElement();
            properties.setProperty("project.version", child(project, "version"));
            for (Node node = element(project, "properties").getFirstChild(); node != null;
                    node = node.getNextSibling()) {
                if (node instanceof Element property) {
                    properties.setProperty(property.getTagName(),
                            property.getTextContent().strip());
                }
            }
        } catch (IOException | ParserConfigurationException | SAXException e) {
            throw new AssemblyException("can't read " + pom + ": " + e.getMessage(), e);
        }
        return properties;
    }

    private static String child(Element parent, String name) throws AssemblyException {
        return element(parent, name).getTextContent().strip();
    }

    private static Element element(Element parent, String name) throws AssemblyException {
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                return element;
            }
        }
        throw new AssemblyException("the root pom has no <" + name + ">");
    }
}
