package flashsale.order.payment;

import flashsale.observability.Stage;
import flashsale.order.LateHolds;
import flashsale.order.Moves;
import flashsale.order.OrderBook;
import flashsale.order.OrderChanges;
import flashsale.order.task.Tasks;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PaymentSettings.class)
class PaymentConfiguration {

    @Bean
    PaymentBook paymentBook(DatabaseClient database) {
        return new PaymentBook(database);
    }

    @Bean
    PaymentMeters paymentMeters(MeterRegistry registry) {
        return new PaymentMeters(registry);
    }

    @Bean
    Discrepancies discrepancies(PaymentBook book, TransactionalOperator transactional, PaymentMeters meters) {
        return new Discrepancies(book, transactional, meters);
    }

    @Bean
    ProviderNews providerNews(
            Moves moves,
            OrderChanges changes,
            PaymentBook book,
            Tasks tasks,
            TransactionalOperator transactional,
            Discrepancies discrepancies,
            PaymentMeters meters) {
        return new ProviderNews(moves, changes, book, tasks, transactional, discrepancies, meters);
    }

    @Bean
    Charges charges(PaymentSettings settings, MeterRegistry registry) {
        Charges charges = new Charges(settings.charging(), settings.waiting());
        Stage.CHARGES.watch(registry, charges::depth, charges.bound());
        Stage.CHARGES.refusals(registry, charges, Charges::refused);
        return charges;
    }

    @Bean
    Payments payments(
            PaymentGateway gateway,
            ProviderNews news,
            Discrepancies discrepancies,
            Charges charges,
            Moves moves,
            OrderBook orders,
            OrderChanges changes,
            PaymentBook book,
            Tasks tasks,
            TransactionalOperator transactional,
            PaymentSettings settings) {
        return new Payments(
                gateway, news, discrepancies, charges, moves, orders, changes, book, tasks, transactional, settings);
    }

    @Bean
    WebhookSignature webhookSignature(PaymentSettings settings, Clock clock) {
        return new WebhookSignature(settings.webhookSecret(), clock, settings.webhookTolerance());
    }

    @Bean
    AskProvider askProvider(Payments payments) {
        return new AskProvider(payments);
    }

    @Bean
    GiveMoneyBack giveMoneyBack(
            PaymentGateway gateway,
            OrderBook orders,
            Moves moves,
            OrderChanges changes,
            PaymentBook book,
            TransactionalOperator transactional) {
        return new GiveMoneyBack(gateway, orders, moves, changes, book, transactional);
    }

    @Bean
    LatePayment latePayment(
            OrderBook orders,
            LateHolds holds,
            Moves moves,
            OrderChanges changes,
            PaymentBook book,
            PaymentSettings settings) {
        return new LatePayment(orders, holds, moves, changes, book, settings.honourWithin());
    }
}
