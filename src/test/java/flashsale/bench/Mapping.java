package flashsale.bench;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a service is asked for what every such service does: its paths, headers, bodies and codes. The keys are described
 * in docs/performance.md; {@code bench/flash-sale.properties} is ours.
 */
final class Mapping {

    private final Map<String, String> values = new TreeMap<>();

    private Mapping(Map<String, String> values) {
        values.forEach((key, value) -> {
            MappingKeys.requireKnown(key);
            MappingKeys.requireKnownPlaces(key, value);
            this.values.put(key, value);
        });
        for (String key : List.of("name", "url", "cpu.app", "purchase.path", "purchase.won", "purchase.sold-out")) {
            text(key);
        }
        requireOneOf("tokens.file", "tokens.path");
        requireOneOf("sale.id", "sale.path");
        if (has("sale.id")) {
            text("sale.sold-out-id");
            text("reset.path");
        }
    }

    static Mapping read(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            return read(reader, Map.of());
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot read the mapping file " + file, e);
        }
    }

    /** @param instead win over the file */
    static Mapping read(Reader file, Map<String, String> instead) throws IOException {
        Properties properties = new Properties();
        properties.load(file);
        Map<String, String> all = new TreeMap<>();
        properties
                .stringPropertyNames()
                .forEach(key -> all.put(key, properties.getProperty(key).strip()));
        all.putAll(instead);
        return new Mapping(all);
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    String text(String key) {
        String value = values.get(key);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("The mapping has no " + key);
        }
        return value;
    }

    int number(String key) {
        return numbers(key).getFirst();
    }

    List<Integer> numbers(String key) {
        try {
            return Arrays.stream(text(key).split(","))
                    .map(String::strip)
                    .map(Integer::valueOf)
                    .toList();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " must be numbers, not \"" + text(key) + "\"", e);
        }
    }

    /** {@code pid 12 34} with all they started, or what command lines match; nobody where the key is absent. */
    Predicate<ProcessHandle> processes(String key) {
        if (!has(key)) {
            return process -> false;
        }
        String value = text(key);
        if (value.startsWith("pid ")) {
            List<Long> pids = Arrays.stream(value.substring(4).strip().split("[ ,]+"))
                    .map(Long::valueOf)
                    .toList();
            return process -> Stream.iterate(
                            Optional.of(process), Optional::isPresent, one -> one.flatMap(ProcessHandle::parent))
                    .anyMatch(one -> one.filter(it -> pids.contains(it.pid())).isPresent());
        }
        long self = ProcessHandle.current().pid();
        Predicate<ProcessHandle> running = Processes.running(Pattern.compile(value));
        return process -> process.pid() != self && running.test(process);
    }

    /** Null where the mapping has no path for it. */
    @Nullable
    Call call(String name, String method) {
        if (!has(name + ".path")) {
            return null;
        }
        return new Call(
                name,
                values.getOrDefault(name + ".method", method),
                text(name + ".path"),
                allOf(name + ".header."),
                values.get(name + ".body"),
                values.get(name + ".take"),
                allOf(name + ".must."));
    }

    private Map<String, String> allOf(String start) {
        Map<String, String> found = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(start)) {
                found.put(key.substring(start.length()), value);
            }
        });
        return found;
    }

    private void requireOneOf(String one, String other) {
        if (has(one) == has(other)) {
            throw new IllegalArgumentException("The mapping needs either " + one + " or " + other);
        }
    }
}
