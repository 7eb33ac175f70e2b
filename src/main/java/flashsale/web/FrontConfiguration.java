package flashsale.web;

import flashsale.observability.Tracing;
import flashsale.purchase.FirstLook;
import flashsale.purchase.Purchase;
import flashsale.sale.SaleBoard;
import flashsale.session.Sessions;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.netty.NettyPipeline;

/** What stands in front of WebFlux: limits of connections, the door and the till. */
@Configuration(proxyBeanMethods = false)
class FrontConfiguration {

    @Bean
    EdgeMeters edgeMeters(MeterRegistry registry) {
        return new EdgeMeters(registry);
    }

    /** Of the API and of the management port. */
    @Bean
    NettyLimits nettyLimits(
            WebSettings settings,
            EdgeSettings edge,
            ServerProperties server,
            EdgeMeters meters,
            RequestIds ids,
            LastCall lastCall) {
        return new NettyLimits(settings, edge, server.getMaxHttpRequestHeaderSize(), meters, ids, lastCall::isCalled);
    }

    @Bean
    LastCall lastCall(EdgeSettings settings) {
        return new LastCall(settings);
    }

    /** Of the API alone: a node that is full must still answer its probes, or it is restarted for being in demand. */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> connectionLimit(
            WebSettings settings, EdgeSettings edge, EdgeMeters meters, RetryAfter retryAfter, RequestIds ids) {
        return factory ->
                factory.addServerCustomizers(new ConnectionLimit(settings, edge, meters, retryAfter, ids)::applyTo);
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
}
