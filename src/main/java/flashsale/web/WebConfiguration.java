package flashsale.web;

import flashsale.admission.ConcurrencyGate;
import flashsale.observability.Stage;
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
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.util.Random;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.r2dbc.core.DatabaseClient;

/** Puts the room together: who calls, what is answered, and the route table. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({WebSettings.class, EdgeSettings.class})
class WebConfiguration {

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
    CommonHeaders commonHeaders(WebSettings settings) {
        return new CommonHeaders(settings);
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
