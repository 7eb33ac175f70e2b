package flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is in the jar that ships. */
class PackagedJarIT {

    private static final String LIBRARIES = "BOOT-INF/lib/";
    private static final String BILL = "META-INF/sbom/application.cdx.json";

    /** Boot puts it into the jar when it repackages it, and it is no dependency. */
    private static final String OF_BOOT = "spring-boot-jarmode-tools-";

    @Test
    void noServerOfTheTestsShips() throws IOException {
        assertThat(libraries())
                .hasSizeGreaterThan(50)
                .noneMatch(name ->
                        name.matches("(embedded-|testcontainers|blockhound|junit|archunit|awaitility|reactor-test).*"));
    }

    /** Every library by its name and version, with a hash, and nothing that is not there. */
    @Test
    void theBillOfMaterialsListsExactlyWhatShips() throws IOException {
        Set<String> listed = new TreeSet<>();
        for (JsonNode component : bill().path("components")) {
            String purl = component.path("purl").asString();
            String classifier =
                    purl.contains("classifier=") ? "-" + purl.replaceAll(".*classifier=([^&]+).*", "$1") : "";
            listed.add(component.path("name").asString() + "-"
                    + component.path("version").asString() + classifier + ".jar");
            assertThat(component.path("hashes").isEmpty()).as("%s", component).isFalse();
        }
        Set<String> shipped = libraries();
        shipped.removeIf(name -> name.startsWith(OF_BOOT));
        // Dependencies that are only a list of others have no jar of their own, or an empty one that Boot leaves out.
        listed.removeIf(name -> name.startsWith("spring-boot-starter"));
        shipped.removeIf(name -> name.startsWith("spring-boot-starter"));
        assertThat(listed).containsExactlyElementsOf(shipped);
    }

    @Test
    void theManifestSaysWhereTheBillIs() throws IOException {
        try (JarFile jar = jar()) {
            var manifest = jar.getManifest().getMainAttributes();
            assertThat(manifest.getValue("Sbom-Format")).isEqualTo("CycloneDX");
            assertThat(jar.getEntry(manifest.getValue("Sbom-Location"))).isNotNull();
        }
    }

    /** Plain {@code java -jar} would warn of Netty's native transport. */
    @Test
    void theManifestAllowsNativeAccess() throws IOException {
        try (JarFile jar = jar()) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Enable-Native-Access"))
                    .isEqualTo("ALL-UNNAMED");
        }
    }

    private static Set<String> libraries() throws IOException {
        try (JarFile jar = jar()) {
            Set<String> names = new TreeSet<>();
            jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.startsWith(LIBRARIES) && name.endsWith(".jar"))
                    .forEach(name -> names.add(name.substring(LIBRARIES.length())));
            return names;
        }
    }

    private static JsonNode bill() throws IOException {
        try (JarFile jar = jar()) {
            ZipEntry entry = jar.stream()
                    .filter(one -> one.getName().endsWith(BILL))
                    .findFirst()
                    .orElseThrow();
            return new JsonMapper().readTree(jar.getInputStream(entry).readAllBytes());
        }
    }

    private static JarFile jar() throws IOException {
        return new JarFile(System.getProperty("flashsale.jar"));
    }
}
