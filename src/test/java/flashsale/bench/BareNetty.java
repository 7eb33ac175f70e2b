package flashsale.bench;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import reactor.netty.http.server.HttpServer;

/**
 * A constant answer by Reactor Netty and nothing else: what a request costs before any framework. A program of its own,
 * so that its CPU time is counted apart; it ends with its standard input.
 */
final class BareNetty {

    /**
     * Not static, which Java 25 starts all the same: {@code spring-boot:test-run} looks for the only static one among the
     * test classes.
     *
     * @param arguments the body, then name and value of each header; prints its port
     */
    void main(String[] arguments) throws IOException {
        byte[] body = arguments[0].getBytes(StandardCharsets.UTF_8);
        HttpHeaders headers = new DefaultHttpHeaders();
        for (int i = 1; i < arguments.length; i += 2) {
            headers.set(arguments[i], arguments[i + 1]);
        }
        var server = HttpServer.create()
                .host("localhost")
                .port(0)
                .handle((request, response) -> {
                    response.responseHeaders().set(headers);
                    return response.sendObject(Unpooled.wrappedBuffer(body));
                })
                .bindNow();
        System.out.println("port " + server.port());
        System.out.flush();
        while (System.in.read() >= 0) {
            continue;
        }
        server.disposeNow();
    }
}
