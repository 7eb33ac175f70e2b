package flashsale.web;

import flashsale.admission.AddressRate;
import flashsale.admission.ConcurrencyGate;
import flashsale.observability.Stage;
import flashsale.observability.Tracing;
import flashsale.order.Moves;
import flashsale.order.OrderBook;
import flashsale.order.OrderChanges;
import flashsale.order.OrderWatch;
import flashsale.order.outbox.DeadLetters;
import flashsale.order.payment.Payments;
import flashsale.order.payment.WebhookSignature;
import flashsale.purchase.FirstLook;
import flashsale.purchase.Purchase;
import flashsale.purchase.TapHistory;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleDesk;
import flashsale.sale.degradation.Degradation;
import flashsale.sale.degradation.SalePages;
import flashsale.session.Keyring;
import flashsale.session.LoadTestBuyers;
import flashsale.session.Logins;
import flashsale.session.Sessions;
import flashsale.session.Users;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;
import reactor.netty.NettyPipeline;

/** Puts the room together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({WebSettings.class, EdgeSettings.class})
class WebConfiguration {

    /** Before Boot's own handler of errors (-1), which knows nothing of our problems. */
    private static final int BEFORE_BOOT = -2;

    @Bean
    RequestIds requestIds() {
        return new RequestIds(new Random());
    }

    @Bean
    RetryAfter retryAfter(ConcurrencyGate gate) {
        return new RetryAfter(new Random(), gate::shedShare);
    }

    @Bean
    Turnstile turnstile(ConcurrencyGate gate, RetryAfter retryAfter) {
        return new Turnstile(gate, retryAfter);
    }

    @Bean
    EdgeMeters edgeMeters(MeterRegistry registry) {
        return new EdgeMeters(registry);
    }

    /** Of the API and of the management port. */
    @Bean
    NettyLimits nettyLimits(
            WebSettings settings, EdgeSettings edge, ServerProperties server, EdgeMeters meters, RequestIds ids) {
        return new NettyLimits(settings, edge, server.getMaxHttpRequestHeaderSize(), meters, ids);
    }

    /** Of the API alone: a node that is full must still answer its probes, or it is restarted for being in demand. */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> connectionLimit(
            WebSettings settings, EdgeSettings edge, EdgeMeters meters, RetryAfter retryAfter, RequestIds ids) {
        return factory ->
                factory.addServerCustomizers(new ConnectionLimit(settings, edge, meters, retryAfter, ids)::applyTo);
    }

    @Bean
    @Order(BEFORE_BOOT)
    ProblemHandler problemHandler(RetryAfter retryAfter) {
        return new ProblemHandler(retryAfter);
    }

    @Bean
    @Order(Routes.FIRST_EDGE)
    Edge edge(RequestIds ids, CommonHeaders common, Tracing tracing) {
        return new Edge(ids, common, tracing);
    }

    @Bean
    CommonHeaders commonHeaders(WebSettings settings) {
        return new CommonHeaders(settings);
    }

    @Bean
    Doorkeeper doorkeeper(
            Callers callers,
            SaleBoard sales,
            FirstLook firstLook,
            PurchaseProblems problems,
            RequestIds ids,
            CommonHeaders common,
            AddressLimits addresses) {
        return new Doorkeeper(callers, sales, firstLook, problems, ids, new WholeAnswers(common), addresses);
    }

    @Bean
    TillMeters tillMeters(MeterRegistry registry) {
        return new TillMeters(registry);
    }

    @Bean
    LastCustomers lastCustomers() {
        return new LastCustomers();
    }

    @Bean
    Receipts receipts(PurchaseProblems problems, ProblemHandler faults, CommonHeaders common, TillMeters tillMeters) {
        return new Receipts(problems, faults, new WholeAnswers(common), tillMeters);
    }

    @Bean
    Cashier cashier(
            Callers callers,
            Sessions sessions,
            SaleBoard sales,
            FirstLook firstLook,
            Purchase purchase,
            RequestIds ids,
            Receipts receipts,
            AddressLimits addresses,
            LastCustomers lastCustomers,
            Tracing tracing) {
        return new Cashier(
                callers, sessions, sales, firstLook, purchase, ids, receipts, addresses, lastCustomers, tracing);
    }

    /**
     * On the API's port alone. Who stands there is asked for with the first connection: the server is built before the
     * rooms that they ask.
     */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> door(
            ObjectProvider<Doorkeeper> doorkeeper, ObjectProvider<Cashier> cashier) {
        Supplier<Doorkeeper> keeper = new AtFirstUse<>(doorkeeper);
        Supplier<Cashier> till = new AtFirstUse<>(cashier);
        return factory -> factory.addServerCustomizers(server -> server.doOnChannelInit((observer, channel, remote) -> {
            Door door = new Door(request -> keeper.get().turnsAway(request, channel.remoteAddress()));
            channel.pipeline()
                    .addBefore(NettyPipeline.HttpTrafficHandler, "door", door)
                    .addBefore(
                            NettyPipeline.HttpTrafficHandler,
                            "till",
                            new Till(till.get().at(channel.remoteAddress())));
        }));
    }

    @Bean
    @Order(Routes.THEN_CORS)
    @Conditional(OriginsAllowed.class)
    CorsWebFilter cors(WebSettings settings) {
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedOrigins(settings.allowedOrigins());
        cors.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "DELETE"));
        cors.setAllowedHeaders(List.of(
                "Authorization", "Content-Type", "Idempotency-Key", SessionCookies.CSRF_HEADER, Edge.REQUEST_ID));
        cors.setExposedHeaders(List.of(
                "ETag",
                "Idempotency-Replayed",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                Renewals.TOKEN,
                Renewals.EXPIRES_AT,
                SessionCookies.CSRF_HEADER,
                Edge.REQUEST_ID));
        cors.setAllowCredentials(true);
        cors.setMaxAge(3_600L);
        UrlBasedCorsConfigurationSource everywhere = new UrlBasedCorsConfigurationSource();
        everywhere.registerCorsConfiguration("/**", cors);
        return new CorsWebFilter(everywhere);
    }

    @Bean
    SessionCookies sessionCookies(Sessions sessions, Clock clock, WebSettings settings) {
        return new SessionCookies(sessions, clock, settings);
    }

    @Bean
    PageSessionIds pageSessionIds(SessionCookies cookies) {
        return new PageSessionIds(cookies);
    }

    @Bean
    ClientAddress clientAddress(WebSettings settings) {
        return new ClientAddress(settings);
    }

    @Bean
    @Order(Routes.THEN_ADDRESSES)
    AddressLimits addressLimits(AddressRate rate, ClientAddress addresses, RetryAfter retryAfter) {
        return new AddressLimits(rate, addresses, retryAfter);
    }

    @Bean
    Renewals renewals(Sessions sessions, SessionCookies cookies) {
        return new Renewals(sessions, cookies);
    }

    @Bean
    Callers callers(
            Sessions sessions,
            SessionCookies cookies,
            Renewals renewals,
            AddressLimits addresses,
            RetryAfter retryAfter) {
        return new Callers(sessions, cookies, renewals, addresses, retryAfter);
    }

    @Bean
    PurchaseProblems purchaseProblems(RetryAfter retryAfter) {
        return new PurchaseProblems(retryAfter);
    }

    @Bean
    @Order(Routes.THEN_PURCHASE_GATE)
    PurchaseGate purchaseGate(
            Callers callers, SaleBoard sales, FirstLook firstLook, PurchaseProblems problems, WebSettings settings) {
        return new PurchaseGate(callers, sales, firstLook, problems, settings);
    }

    @Bean
    MoveCalls moveCalls(OrderBook orders, Moves moves, OrderChanges changes, RetryAfter retryAfter) {
        return new MoveCalls(orders, moves, changes, retryAfter);
    }

    @Bean
    PaymentCalls paymentCalls(
            MoveCalls moves,
            Payments payments,
            WebhookSignature signature,
            Turnstile turnstile,
            RetryAfter retryAfter) {
        return new PaymentCalls(moves, payments, signature, turnstile, retryAfter);
    }

    @Bean
    OpsLog opsLog(DatabaseClient database, ProblemHandler problems) {
        return new OpsLog(database, problems);
    }

    @Bean
    EventStreams eventStreams(RetryAfter retryAfter, WebSettings settings) {
        return new EventStreams(retryAfter, settings);
    }

    @Bean
    MeterBinder webStages(EventStreams streams, Renewals renewals, WebSettings settings) {
        return registry -> {
            Stage.EVENT_STREAMS.watch(registry, streams::open, settings.maxEventStreams());
            Stage.EVENT_STREAMS.refusals(registry, streams, EventStreams::refused);
            Stage.RENEWALS.watch(registry, renewals::underWay, Renewals.MOST);
            Stage.RENEWALS.refusals(registry, renewals, Renewals::putOff);
        };
    }

    @Bean
    ApplicationListener<ContextClosedEvent> endEventStreams(EventStreams streams) {
        return closed -> streams.stop();
    }

    @Bean
    RouteTable routes(
            Callers callers,
            OpsLog opsLog,
            Turnstile turnstile,
            AddressLimits addressLimits,
            ClientAddress addresses,
            Logins logins,
            Sessions sessions,
            Keyring keys,
            Users users,
            SaleBoard sales,
            SaleDesk desk,
            SalePages pages,
            Degradation degradation,
            DeadLetters deadLetters,
            EventStreams streams,
            SessionCookies cookies,
            Purchase purchase,
            FirstLook firstLook,
            TapHistory taps,
            PurchaseProblems problems,
            OrderBook orders,
            PaymentCalls payments,
            OrderWatch watch,
            MoveCalls moves,
            RetryAfter retryAfter,
            Clock clock,
            WebSettings settings,
            Environment environment,
            ObjectProvider<LoadTestBuyers> buyers) {
        Calls may = new Calls(callers, opsLog, turnstile, addressLimits, settings);
        RouteTable table = Routes.of(
                may,
                new Ping(),
                new PurchaseCall(purchase, firstLook, problems),
                new SaleCalls(sales, pages, new SaleEvents(sales, streams, clock), taps, turnstile, clock, settings),
                new OrderCalls(orders, taps, moves, watch, streams),
                payments,
                new SessionCalls(logins, sessions, cookies, addresses, retryAfter),
                new SessionEvents(sessions, streams),
                new UserCalls(users, addresses, retryAfter),
                new OpsCalls(desk, deadLetters, users, opsLog, clock),
                new DegradationCalls(degradation, clock),
                new AccountPage(callers, sessions),
                new Pages(),
                new Jwks(keys),
                settings);
        return environment.acceptsProfiles(Profiles.of("local"))
                ? Routes.dev(table, may, new DevCalls(buyers.getObject()), settings)
                : table;
    }
}
