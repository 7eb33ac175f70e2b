package flashsale.web;

import flashsale.observability.Tracing;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.util.unit.DataSize;
import org.springframework.web.reactive.function.server.HandlerStrategies;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

/** Our edge around routes of a test's own, on a real Reactor Netty server: what HTTP itself can do wrong. */
final class SmallServer implements AutoCloseable {

    /** Only a body that stops coming waits for it; every other has come by then, however busy the machine. */
    static final WebSettings SETTINGS = settings(Map.of("request-timeout", "3s"));

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final DisposableServer server;

    private final MeterRegistry meters = new SimpleMeterRegistry();

    SmallServer(RouteTable routes, WebFilter... filters) {
        this(SETTINGS, routes, filters);
    }

    SmallServer(WebSettings settings, RouteTable routes, WebFilter... filters) {
        this(settings, edge(Map.of()), routes, filters);
    }

    /** Speaks HTTP/2 too, as behind a mesh. */
    SmallServer(WebSettings settings, EdgeSettings edge, RouteTable routes, WebFilter... filters) {
        RequestIds ids = new RequestIds(new Random(1));
        RetryAfter retryAfter = new RetryAfter(new Random(1), () -> 0);
        WebHttpHandlerBuilder handler = WebHttpHandlerBuilder.webHandler(
                        RouterFunctions.toWebHandler(routes, HandlerStrategies.withDefaults()))
                .filter(new Edge(ids, new CommonHeaders(settings), Tracing.OFF))
                .filters(all -> all.addAll(List.of(filters)))
                .exceptionHandler(new ProblemHandler(retryAfter));
        EdgeMeters edgeMeters = new EdgeMeters(meters);
        HttpServer limited = new NettyLimits(settings, edge, DataSize.ofKilobytes(8), edgeMeters, ids, () -> false)
                .apply(HttpServer.create()
                        .host("127.0.0.1")
                        .port(0)
                        .protocol(HttpProtocol.HTTP11, HttpProtocol.H2C)
                        .idleTimeout(Duration.ofSeconds(30))
                        .httpRequestDecoder(
                                spec -> spec.maxInitialLineLength(4096).maxHeaderSize(8192)));
        this.server = new ConnectionLimit(settings, edge, edgeMeters, retryAfter, ids)
                .applyTo(limited)
                .handle(new ReactorHttpHandlerAdapter(handler.build()))
                .bindNow();
    }

    static EdgeSettings edge(Map<String, String> given) {
        Map<String, String> named = new HashMap<>();
        given.forEach((name, value) -> named.put("flash-sale.edge." + name, value));
        return new Binder(new MapConfigurationPropertySource(named))
                .bindOrCreate("flash-sale.edge", EdgeSettings.class);
    }

    /** How often something ended at this limit. */
    double ended(String limit) {
        return meters.get("flashsale.connections.ended")
                .tag("limit", limit)
                .counter()
                .count();
    }

    double open() {
        return meters.get("flashsale.connections.open").gauge().value();
    }

    /** As the application reads them: what is not given has its default. */
    static WebSettings settings(Map<String, String> given) {
        Map<String, String> named = new HashMap<>();
        given.forEach((name, value) -> named.put("flash-sale.web." + name, value));
        return new Binder(new MapConfigurationPropertySource(named)).bindOrCreate("flash-sale.web", WebSettings.class);
    }

    HttpResponse<String> send(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .timeout(Duration.ofSeconds(20));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    int port() {
        return server.port();
    }

    /** Sends exactly these bytes and returns everything that comes back until the server closes. */
    String raw(String bytes) {
        return raw(server.port(), bytes);
    }

    static String raw(int port, String bytes) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
