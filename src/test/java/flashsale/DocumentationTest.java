package flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents point at is there: files, headings, tests, and whatever code says stands in a document. */
class DocumentationTest {

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern TEST =
            Pattern.compile("`(?:flashsale\\.[a-z.]+)?([A-Z]\\w+(?:Test|IT|Faults|Load|Benchmark))`");
    private static final Pattern DOCUMENT = Pattern.compile("(?:docs|k8s)/[a-z0-9/-]+\\.md|k8s/README\\.md");

    @Test
    void everyLinkLeadsSomewhere() {
        var dead = new ArrayList<String>();
        for (Path document : documents()) {
            LINK.matcher(read(document)).results().forEach(link -> {
                Path target = link.group(1).isEmpty()
                        ? document
                        : document.resolveSibling(link.group(1)).normalize();
                String heading = link.group(2);
                if (!Files.exists(target)
                        || (heading != null && !headings(target).contains(heading))) {
                    dead.add(document + " -> " + link.group());
                }
            });
        }
        assertThat(dead).isEmpty();
    }

    @Test
    void everyTestThatIsNamedIsThere() {
        Set<String> tests = files(Path.of("src/test/java"), ".java")
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        var missing = new ArrayList<String>();
        for (Path document : documents()) {
            TEST.matcher(read(document))
                    .results()
                    .map(name -> name.group(1))
                    .filter(name -> !tests.contains(name))
                    .forEach(name -> missing.add(document + ": " + name));
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyDocumentThatCodeAndManifestsNameIsThere() {
        var missing = new ArrayList<String>();
        Stream.of("src", "lua-scripts", "k8s/base", "k8s/live", "k8s/overlays", "gatling/src")
                .flatMap(root -> files(Path.of(root), ""))
                .filter(file -> file.toString().matches(".*\\.(java|lua|sql|ya?ml|properties|json)"))
                .forEach(file -> DOCUMENT.matcher(read(file))
                        .results()
                        .map(MatchResult::group)
                        .filter(name -> !Files.exists(Path.of(name)))
                        .forEach(name -> missing.add(file + ": " + name)));
        assertThat(missing).isEmpty();
    }

    private static List<Path> documents() {
        return Stream.concat(Stream.of(Path.of("README.md"), Path.of("k8s/README.md")), files(Path.of("docs"), ".md"))
                .toList();
    }

    /** As they are named in a link. */
    private static Set<String> headings(Path document) {
        return HEADING.matcher(read(document))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static Stream<Path> files(Path root, String ending) {
        try (var all = Files.walk(root)) {
            return all
                    .filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
