package flashsale.database;

import flashsale.observability.Recorded;
import flashsale.observability.StoreSpans;
import io.micrometer.common.KeyValues;
import io.r2dbc.proxy.ProxyConnectionFactory;
import io.r2dbc.proxy.observation.ObservationProxyExecutionListener;
import io.r2dbc.proxy.observation.QueryContext;
import io.r2dbc.proxy.observation.QueryObservationConvention;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import java.util.Locale;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Lends the pool's connections: to recorded requests behind a proxy that makes a span of each statement, to all others bare.
 * A proxy beneath the pool would be in the way of every group commit and its rows.
 */
final class RecordedStatements {

    private final Supplier<Mono<Connection>> bare;
    private final ConnectionFactory watched;

    RecordedStatements(StoreSpans spans, Supplier<Mono<Connection>> bare, ConnectionFactoryMetadata metadata) {
        this.bare = bare;
        ConnectionFactory lending = new ConnectionFactory() {
            @Override
            public Mono<Connection> create() {
                return bare.get();
            }

            @Override
            public ConnectionFactoryMetadata getMetadata() {
                return metadata;
            }
        };
        var listener = new ObservationProxyExecutionListener(spans.registry(), lending, null, null);
        listener.setQueryObservationConvention(new Named());
        this.watched =
                ProxyConnectionFactory.builder(lending).listener(listener).build();
    }

    /** Lazy; whoever gets it closes it. */
    Mono<Connection> connection() {
        return Mono.deferContextual(
                subscriber -> Recorded.request(subscriber) == null ? bare.get() : Mono.from(watched.create()));
    }

    /** The text has places for its values, and no values. */
    private static final class Named implements QueryObservationConvention {

        @Override
        public String getContextualName(QueryContext context) {
            String text = text(context);
            int end = text.indexOf(' ');
            return (end < 0 ? text : text.substring(0, end)).toUpperCase(Locale.ROOT);
        }

        @Override
        public KeyValues getLowCardinalityKeyValues(QueryContext context) {
            return KeyValues.of("db.system.name", "postgresql");
        }

        @Override
        public KeyValues getHighCardinalityKeyValues(QueryContext context) {
            return KeyValues.of("db.query.text", text(context));
        }

        private static String text(QueryContext context) {
            return String.join("; ", context.getQueries()).strip();
        }
    }
}
