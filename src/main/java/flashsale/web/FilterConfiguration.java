package flashsale.web;

import flashsale.admission.AddressRate;
import flashsale.observability.Tracing;
import flashsale.purchase.FirstLook;
import flashsale.sale.SaleBoard;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsWebFilter;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;

/** What every request passes that comes to WebFlux, in the order of {@link Routes}, and who answers when it fails. */
@Configuration(proxyBeanMethods = false)
class FilterConfiguration {

    /** Before Boot's own handler of errors (-1), which knows nothing of our problems. */
    private static final int BEFORE_BOOT = -2;

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
    @Order(Routes.THEN_ADDRESSES)
    AddressLimits addressLimits(AddressRate rate, ClientAddress addresses, RetryAfter retryAfter) {
        return new AddressLimits(rate, addresses, retryAfter);
    }

    @Bean
    @Order(Routes.THEN_PURCHASE_GATE)
    PurchaseGate purchaseGate(
            Callers callers,
            SaleBoard sales,
            FirstLook firstLook,
            PurchaseProblems problems,
            ProblemHandler faults,
            WebSettings settings) {
        return new PurchaseGate(callers, sales, firstLook, problems, faults, settings);
    }
}
