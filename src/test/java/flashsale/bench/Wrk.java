package flashsale.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One run of wrk: 64 connections that each send the next request when the last is answered. */
record Wrk(long requests, double seconds, double p50, double p99) {

    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ([0-9.]+)s");
    private static final Pattern LATENCY = Pattern.compile("p50 ([0-9.]+) p99 ([0-9.]+)");

    static Wrk run(int seconds, String url, String... script) {
        List<String> command = new ArrayList<>(List.of("wrk", "-t1", "-c64", "-d" + seconds + "s"));
        command.addAll(List.of("-s", script[0]));
        command.add(url);
        command.add("--");
        command.addAll(List.of(script).subList(1, script.length));
        try {
            Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
            String printed = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher requests = REQUESTS.matcher(printed);
            Matcher latency = LATENCY.matcher(printed);
            if (wrk.waitFor() != 0 || !requests.find() || !latency.find()) {
                throw new IllegalStateException("wrk failed:\n" + printed);
            }
            return new Wrk(
                    Long.parseLong(requests.group(1)),
                    Double.parseDouble(requests.group(2)),
                    Double.parseDouble(latency.group(1)),
                    Double.parseDouble(latency.group(2)));
        } catch (IOException e) {
            throw new IllegalStateException("The benchmark needs wrk: apt-get install wrk", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
