package flashsale.web;

import flashsale.admission.AddressRate;
import flashsale.admission.AddressRate.Exceeded;
import flashsale.admission.AddressRate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Turns away addresses that ask too often, before anything of the request is looked at: its token costs more. */
final class AddressLimits implements WebFilter {

    private final AddressRate rate;
    private final ClientAddress addresses;
    private final RetryAfter retryAfter;

    AddressLimits(AddressRate rate, ClientAddress addresses, RetryAfter retryAfter) {
        this.rate = rate;
        this.addresses = addresses;
        this.retryAfter = retryAfter;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        Problem refused = take(Kind.REQUEST, addresses.of(exchange.getRequest()));
        return refused == null ? chain.filter(exchange) : Problems.write(exchange, refused);
    }

    /**
     * Counts a request that this filter will not see, because it is answered before; null when it may be answered.
     *
     * @param forwardedFor the lines of {@link ClientAddress#FORWARDED_FOR}, in their order
     */
    @Nullable
    Problem take(@Nullable InetSocketAddress peer, List<String> forwardedFor) {
        return take(Kind.REQUEST, addresses.of(peer, forwardedFor));
    }

    /** Counts one of what costs more than a request; null when there may be one. */
    @Nullable
    Problem take(Kind kind, ServerHttpRequest request) {
        return take(kind, addresses.of(request));
    }

    /** As {@link #take}, but counts none. */
    @Nullable
    Problem look(Kind kind, ServerHttpRequest request) {
        InetAddress address = addresses.of(request);
        return problem(address == null ? null : rate.look(kind, address));
    }

    private @Nullable Problem take(Kind kind, @Nullable InetAddress address) {
        return problem(address == null ? null : rate.take(kind, address));
    }

    private @Nullable Problem problem(@Nullable Exceeded exceeded) {
        return exceeded == null
                ? null
                : retryAfter.limited(
                        policy(exceeded.kind()),
                        "From one address " + exceeded.perSecond() + " a second, " + exceeded.burst()
                                + " at once, no more.",
                        exceeded.perSecond(),
                        exceeded.burst(),
                        exceeded.retryAfter());
    }

    private static String policy(Kind kind) {
        return switch (kind) {
            case REQUEST -> "address";
            case LOGIN -> "address-logins";
            case BAD_TOKEN -> "address-bad-tokens";
        };
    }
}
