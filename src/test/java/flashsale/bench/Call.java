package flashsale.bench;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One request as a mapping file describes it, with places for what differs.
 *
 * @param name the mapping's keys of it begin with this
 * @param take where in the JSON answer the wanted value is, as a JSON pointer; null when nothing is wanted
 * @param must what has to be at which pointer of the answer before it counts
 */
record Call(
        String name,
        String method,
        String path,
        Map<String, String> headers,
        @Nullable String body,
        @Nullable String take,
        Map<String, String> must) {

    /** What may stand in braces. Any other word in braces is a mistake; JSON's own braces hold no bare word. */
    static final Set<String> PLACES =
            Set.of("token", "ops", "sale", "key", "stock", "limit", "startsAt", "endsAt", "count", "prefix");

    static final Pattern PLACE = Pattern.compile("\\{([A-Za-z]+)}");

    String filled(String template, Map<String, String> values) {
        return PLACE.matcher(template).replaceAll(place -> {
            String value = values.get(place.group(1));
            if (value == null) {
                throw new IllegalArgumentException(
                        name + ": there is no {" + place.group(1) + "} at this point, only " + values.keySet());
            }
            return Matcher.quoteReplacement(value);
        });
    }

    /** For Java's client. */
    HttpRequest request(String url, Map<String, String> values) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + filled(path, values)))
                .timeout(Duration.ofSeconds(60))
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(filled(body, values)));
        headers.forEach((header, value) -> request.header(header, filled(value, values)));
        return request.build();
    }

    /** For wrk: the bytes that go over the wire. */
    byte[] written(URI url, Map<String, String> values) {
        byte[] content = body == null ? new byte[0] : filled(body, values).getBytes(StandardCharsets.UTF_8);
        Map<String, String> lines = new LinkedHashMap<>(headers);
        lines.put("Host", url.getAuthority());
        if (body != null) {
            lines.put("Content-Length", Integer.toString(content.length));
        }
        StringBuilder head = new StringBuilder(method)
                .append(' ')
                .append(filled(path, values))
                .append(" HTTP/1.1\r\n");
        lines.forEach((header, value) ->
                head.append(header).append(": ").append(filled(value, values)).append("\r\n"));
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[start.length + content.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(content, 0, all, start.length, content.length);
        return all;
    }
}
