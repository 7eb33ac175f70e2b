package flashsale.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One run of wrk: connections that each send the next request when the last is answered.
 *
 * @param statuses how many answers of which status
 * @param spent whether there were fewer requests than time
 */
record Wrk(Map<Integer, Long> statuses, double seconds, double p50, double p99, double p999, boolean spent) {

    enum Order {
        ONCE,
        CYCLE
    }

    /**
     * @param requests as {@code bench/requests.lua} reads them; the first {@code most} are sent
     * @param script where that file lies
     */
    record Plan(Path script, String url, int connections, Path requests, int most, Order order) {}

    static Wrk run(Plan plan, int seconds) {
        List<String> command = List.of(
                "wrk",
                "-t1",
                "-c" + plan.connections(),
                "-d" + seconds + "s",
                "--timeout",
                "10s",
                "-s",
                plan.script().toString(),
                plan.url(),
                "--",
                plan.requests().toString(),
                Integer.toString(plan.most()),
                plan.order() == Order.ONCE ? "once" : "cycle");
        try {
            Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
            String printed = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (wrk.waitFor() != 0) {
                throw new IllegalStateException("wrk failed:\n" + printed);
            }
            return read(printed);
        } catch (IOException e) {
            throw new IllegalStateException("The benchmark needs wrk: apt-get install wrk", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static Wrk read(String printed) {
        Map<Integer, Long> statuses = new TreeMap<>();
        Map<String, String[]> said = new TreeMap<>();
        printed.lines().map(line -> line.split(" ")).forEach(words -> {
            if (words[0].equals("status")) {
                statuses.put(Integer.valueOf(words[1]), Long.valueOf(words[2]));
            } else {
                said.put(words[0], words);
            }
        });
        if (!said.containsKey("ms") || !said.get("lost")[1].equals("0")) {
            throw new IllegalStateException("wrk lost answers, or had none:\n" + printed);
        }
        String[] ms = said.get("ms");
        return new Wrk(
                statuses,
                Double.parseDouble(said.get("seconds")[1]),
                Double.parseDouble(ms[1]),
                Double.parseDouble(ms[2]),
                Double.parseDouble(ms[3]),
                Boolean.parseBoolean(said.get("spent")[1]));
    }

    /** The answers the row is about; fails when there were others, or too many that were refused for overload. */
    Answers only(String row, int wanted, List<Integer> shed, double mostShedPercent) {
        long all = statuses.values().stream().mapToLong(Long::longValue).sum();
        long right = statuses.getOrDefault(wanted, 0L);
        long refused = shed.stream()
                .filter(status -> status != wanted)
                .mapToLong(status -> statuses.getOrDefault(status, 0L))
                .sum();
        if (right == 0 || right + refused < all || refused * 100.0 > all * mostShedPercent) {
            throw new IllegalStateException(
                    "The row \"%s\" is about answers with status %d; there were, by status: %s (of %s at most %s %%)"
                            .formatted(row, wanted, statuses, shed, mostShedPercent));
        }
        return new Answers(right, seconds, p50, p99, p999);
    }
}
