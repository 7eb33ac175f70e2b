package flashsale.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Prepares what is measured, and checks it afterwards, through the service's own API. */
final class Service {

    final Mapping mapping;
    private final OneByOne http;
    private final String run = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    private final @Nullable String ops;

    Service(Mapping mapping) {
        this.mapping = mapping;
        this.http = new OneByOne(mapping.text("url"));
        Call logIn = mapping.call("ops", "POST");
        this.ops = logIn == null ? null : taken(logIn, Map.of());
    }

    URI url() {
        return url(mapping, "");
    }

    static URI url(Mapping mapping, String path) {
        return URI.create(mapping.text("url") + path);
    }

    /** Of buyers who are logged in. */
    List<String> tokens(int count) {
        Call call = mapping.call("tokens", "POST");
        if (call == null) {
            return fromFile(count);
        }
        int atATime = mapping.number("tokens.at-a-time");
        List<String> tokens = new ArrayList<>(count);
        for (int calls = 0; tokens.size() < count; calls++) {
            String[] place = pointer(call).split("/\\*", 2);
            JsonNode answer = http.send(
                    call,
                    values(Map.of(
                            "count",
                            Integer.toString(Math.min(atATime, count - tokens.size())),
                            "prefix",
                            "bench-" + run + "-" + calls)));
            if (place.length == 1) {
                tokens.add(required(call, answer.at(place[0])));
            } else {
                answer.at(place[0]).forEach(one -> tokens.add(required(call, one.at(place[1]))));
            }
        }
        return tokens;
    }

    private List<String> fromFile(int count) {
        Path file = Path.of(mapping.text("tokens.file"));
        try (var lines = Files.lines(file)) {
            List<String> tokens = lines.map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .limit(count)
                    .toList();
            if (tokens.size() < 2) {
                throw new IllegalArgumentException("tokens.file " + file + " must have one token a line, and many");
            }
            return tokens;
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot read tokens.file " + file, e);
        }
    }

    /** The id of a sale that is open now and has sold nothing. */
    String sale(long stock, long limit) {
        Instant now = Instant.now();
        Map<String, String> values = new HashMap<>(values(Map.of(
                "stock", Long.toString(stock),
                "limit", Long.toString(limit),
                "startsAt", now.minusSeconds(60).toString(),
                "endsAt", now.plusSeconds(7_200).toString())));
        Call create = mapping.call("sale", "POST");
        values.put("sale", create == null ? mapping.text("sale.id") : taken(create, values));
        for (String next : List.of("reset", "open")) {
            Call call = mapping.call(next, "POST");
            if (call != null) {
                http.send(call, values);
            }
        }
        return values.get("sale");
    }

    /** A sale with nothing left. */
    String soldOut(String token) {
        if (mapping.has("sale.sold-out-id")) {
            return mapping.text("sale.sold-out-id");
        }
        String sale = sale(1, 1);
        Call purchase = Objects.requireNonNull(mapping.call("purchase", "POST"));
        http.send(purchase, values(Map.of("sale", sale, "token", token, "key", "the-last-one")));
        return sale;
    }

    /** Units sold, once everything under way is finished; -1 where the service cannot be asked. */
    long sold(String sale) {
        Call audit = mapping.call("audit", "GET");
        return audit == null ? -1 : Long.parseLong(taken(audit, values(Map.of("sale", sale))));
    }

    private Map<String, String> values(Map<String, String> some) {
        Map<String, String> all = new HashMap<>(some);
        if (ops != null) {
            all.put("ops", ops);
        }
        return all;
    }

    private String taken(Call call, Map<String, String> values) {
        return required(call, http.send(call, values).at(pointer(call)));
    }

    private static String pointer(Call call) {
        if (call.take() == null) {
            throw new IllegalArgumentException("The mapping has no " + call.name() + ".take");
        }
        return call.take();
    }

    private static String required(Call call, JsonNode value) {
        if (!value.isValueNode()) {
            throw new IllegalArgumentException(call.name() + ".take " + call.take() + " finds nothing in the answer");
        }
        return value.asString();
    }
}
