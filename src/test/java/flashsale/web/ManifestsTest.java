package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the manifests say of this application is true of it. */
class ManifestsTest extends OnSharedServers {

    private static final Path K8S = Path.of("k8s");

    private static final Pattern LITERAL = Pattern.compile("^ {6}- ([A-Z][A-Z0-9_]+)=", Pattern.MULTILINE);
    private static final Pattern NAMED_KEY = Pattern.compile("`((?:SPRING|FLASH_SALE)_[A-Z0-9_]+|…_[A-Z0-9_]+)`");

    /** Those of the stores' own images, in the overlay dev; and what is the JVM's. */
    private static final Set<String> OF_OTHERS =
            Set.of("POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "JAVA_TOOL_OPTIONS");

    @Value("${local.management.port}")
    private int managementPort;

    @Test
    void everyVariableIsAPropertyThatExists() throws IOException {
        Set<String> variables = new TreeSet<>(secretKeys());
        for (Path file : manifests()) {
            LITERAL.matcher(Files.readString(file)).results().forEach(match -> variables.add(match.group(1)));
            documents(file).forEach(document -> document.findValues("env")
                    .forEach(env ->
                            env.forEach(one -> variables.add(one.path("name").asString()))));
        }
        variables.removeAll(OF_OTHERS);
        assertThat(variables).contains("SPRING_PROFILES_ACTIVE", "FLASH_SALE_SESSION_JWT_SECRET", "SPRING_FLYWAY_USER");
        assertThat(variables.stream()
                        .collect(Collectors.toMap(name -> name, ManifestsTest::uniform))
                        .entrySet())
                .allSatisfy(
                        variable -> assertThat(properties()).as("%s", variable).contains(variable.getValue()));
    }

    /** Those that {@code k8s/README.md} tells to put into the Secret; "…_X" has the beginning of the one before. */
    private static List<String> secretKeys() throws IOException {
        String text = Files.readString(K8S.resolve("README.md"));
        String list = text.substring(text.indexOf("Its keys are"), text.indexOf("A roll-out"));
        List<String> keys = new ArrayList<>();
        NAMED_KEY
                .matcher(list)
                .results()
                .map(match -> match.group(1))
                .forEach(key -> keys.add(
                        key.startsWith("…")
                                ? keys.getLast().substring(0, keys.getLast().lastIndexOf('_')) + key.substring(1)
                                : key));
        return keys;
    }

    @Test
    void whatTheClusterAsksOfTheManagementPortIsAnswered() throws IOException {
        Set<String> paths = new TreeSet<>();
        for (Path file : manifests()) {
            for (JsonNode document : documents(file)) {
                document.findValues("httpGet")
                        .forEach(probe -> paths.add(probe.path("path").asString()));
                document.path("spec")
                        .path("endpoints")
                        .forEach(endpoint -> paths.add(endpoint.path("path").asString()));
            }
        }
        assertThat(paths).hasSizeGreaterThanOrEqualTo(3);
        Api management = new Api(managementPort);
        assertThat(paths)
                .allSatisfy(
                        path -> assertThat(management.get(path, null).status()).isEqualTo(200));
    }

    /** What lists the libraries of the image must not be everybody's to read. */
    @Test
    void theBillOfMaterialsIsNotShown() {
        assertThat(new Api(managementPort)
                        .get("/actuator/sbom/application", null)
                        .status())
                .isEqualTo(404);
        assertThat(api.get("/actuator/sbom/application", null).status()).isEqualTo(404);
    }

    /** Of this application and of its libraries, in the form in which Spring compares them. */
    private static Set<String> properties() throws IOException {
        Set<String> names = new TreeSet<>();
        var files = Collections.list(
                ManifestsTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"));
        for (URL file : files) {
            try (InputStream content = file.openStream()) {
                new JsonMapper()
                        .readTree(content)
                        .path("properties")
                        .forEach(property ->
                                names.add(uniform(property.path("name").asString())));
            }
        }
        return names;
    }

    private static String uniform(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }

    private static List<Path> manifests() throws IOException {
        try (Stream<Path> files = Files.walk(K8S)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.startsWith(K8S.resolve("check")))
                    .toList();
        }
    }

    private static List<JsonNode> documents(Path file) throws IOException {
        JsonMapper json = new JsonMapper();
        List<JsonNode> documents = new ArrayList<>();
        new Yaml()
                .loadAll(Files.readString(file))
                .forEach(document -> documents.add(json.<JsonNode>valueToTree(document)));
        return documents;
    }
}
