package flashsale.load;

import flashsale.servers.AppProcess;
import flashsale.servers.Servers;
import flashsale.shop.SaleForm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The packaged application on real servers, whose PostgreSQL commits no more than so many orders a second: a machine
 * with two cores cannot offer ten times what it can do itself.
 */
final class ThrottledService implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern HEAP_USED = Pattern.compile("(?m)^jvm_memory_used_bytes\\{area=\"heap\",.*} (\\S+)$");
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    /** What one call of the dev route gives at most. */
    private static final int BUYERS_A_CALL = 5_000;

    private final Servers servers = Servers.fresh();
    private final AppProcess app;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String ops;

    ThrottledService(List<String> jvmFlags) {
        this(jvmFlags, Map.of());
    }

    ThrottledService(List<String> jvmFlags, Map<String, String> properties) {
        AppProcess.Setup setup = AppProcess.on(servers)
                .with("flash-sale.session.hashing.cost", "4")
                .with("logging.level.flashsale.access", "OFF")
                .with(properties);
        this.app = (jvmFlags.isEmpty() ? setup : setup.jvm(jvmFlags)).start();
        this.ops = call(
                        "POST",
                        "/api/sessions",
                        null,
                        Map.of("username", "ops", "password", "flash-sale", "clientType", "app", "deviceId", "load"))
                .get("accessToken")
                .stringValue();
    }

    Generator generator() {
        return new Generator(new Client(app.port()));
    }

    /** From now on; the sale's counter row stays locked while the trigger sleeps, so transactions do not add up. */
    void commits(double ordersPerSecond) {
        sql("create or replace function throttle() returns trigger language plpgsql as $$ begin"
                + " perform pg_sleep((select count(*) from placed) / " + ordersPerSecond + "::float8);"
                + " return null; end $$");
        sql("create or replace trigger throttle after insert on orders referencing new table as placed"
                + " for each statement execute function throttle()");
    }

    private void sql(String statement) {
        try (var connection = servers.database().connect();
                var one = connection.createStatement()) {
            one.execute(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(statement, e);
        }
    }

    /** The id of a sale that is open now, with more units than anybody will ask for. */
    String sale(int perUserLimit) {
        Map<String, Object> sale = SaleForm.open("load", 50_000_000, perUserLimit);
        String id = call("POST", "/api/ops/sales", ops, sale).get("id").stringValue();
        call("POST", "/api/ops/sales/" + id + "/preheat", ops, Map.of());
        return id;
    }

    /** Access tokens of new buyers who are logged in. */
    List<String> buyers(int count) {
        List<String> tokens = new ArrayList<>(count);
        while (tokens.size() < count) {
            JsonNode made = call(
                    "POST",
                    "/api/dev/sessions",
                    null,
                    Map.of(
                            "count",
                            Math.min(BUYERS_A_CALL, count - tokens.size()),
                            "prefix",
                            "load-" + PREFIXES.incrementAndGet()));
            made.get("sessions")
                    .forEach(session -> tokens.add(session.get("accessToken").stringValue()));
        }
        return tokens;
    }

    /** Units sold; fails when the sale does not add up, once it has come to rest. */
    long sold(String saleId) {
        JsonNode audit = call("GET", "/api/ops/sales/" + saleId + "/audit", ops, null);
        if (!audit.get("consistent").booleanValue() || audit.get("drift").longValue() != 0) {
            throw new IllegalStateException("The sale does not add up: " + audit);
        }
        return audit.get("sold").longValue();
    }

    /** Bytes of the heap in use right after a full collection. */
    long heapAfterCollection() {
        long pid = ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.contains("-jar") && line.contains("--server.port=" + app.port()))
                        .orElse(false))
                .findFirst()
                .orElseThrow()
                .pid();
        String jcmd = System.getProperty("java.home") + "/bin/jcmd";
        try {
            Process collection = new ProcessBuilder(jcmd, Long.toString(pid), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (collection.waitFor() != 0) {
                throw new IllegalStateException("jcmd " + pid + " GC.run failed");
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        Matcher used = HEAP_USED.matcher(meters());
        double sum = 0;
        while (used.find()) {
            sum += Double.parseDouble(used.group(1));
        }
        return (long) sum;
    }

    String meters() {
        return send(HttpRequest.newBuilder(URI.create(app.managementUrl() + "/actuator/prometheus"))
                .timeout(Duration.ofSeconds(30))
                .build());
    }

    /** Depths of all stages that are not empty, and whatever else of ours tells of load. */
    String depths() {
        return meters().lines()
                .filter(line -> line.startsWith("flashsale_stage_depth") && !line.endsWith(" 0.0"))
                .map(line -> line.replaceAll("flashsale_stage_depth\\{stage=\"([^\"]*)\"}", "$1"))
                .toList()
                .toString();
    }

    private JsonNode call(String method, String path, @Nullable String token, @Nullable Object body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(app.url() + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return JSON.readTree(send(request.build()));
    }

    private String send(HttpRequest request) {
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() >= 300) {
                throw new IllegalStateException(request + " answered " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        app.close();
        servers.redis().close();
    }
}
