package flashsale.web;

import flashsale.order.payment.Charge;
import flashsale.sale.NewSale;
import flashsale.session.ClientType;
import flashsale.session.Role;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Currency;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/** The request bodies of the contract: what each field must be is said here and nowhere else. */
final class Bodies {

    private static final Pattern USERNAME = Pattern.compile("[A-Za-z0-9._-]{3,64}");
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9-]{1,32}");
    private static final Pattern TRACKING_NUMBER = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final Set<String> CURRENCIES = Currency.getAvailableCurrencies().stream()
            .map(Currency::getCurrencyCode)
            .collect(Collectors.toUnmodifiableSet());

    /** BCrypt reads no further: what follows would be accepted whatever it is. */
    private static final int PASSWORD_BYTES = 72;

    private static final long MAX_PRICE_CENTS = 1_000_000_000_000L;
    private static final long MAX_UNITS = 100_000_000;

    private Bodies() {}

    record Registration(String username, String password) {
        static Registration from(Fields fields) {
            Registration body = new Registration(
                    fields.text("username", "3 to 64 of A-Z a-z 0-9 . _ -", name -> USERNAME.matcher(name)
                            .matches()),
                    newPassword(fields, "password"));
            fields.check();
            return body;
        }
    }

    record PasswordChange(String current, String replacement) {
        static PasswordChange from(Fields fields) {
            PasswordChange body = new PasswordChange(anyPassword(fields, "current"), newPassword(fields, "new"));
            fields.check();
            return body;
        }
    }

    record Login(String username, String password, ClientType clientType, String deviceId) {

        private static final Map<String, ClientType> CLIENT_TYPES =
                new TreeMap<>(Map.of("app", ClientType.APP, "web", ClientType.WEB, "miniapp", ClientType.MINIAPP));

        static Login from(Fields fields) {
            Login body = new Login(
                    fields.text("username", "1 to 64 characters", name -> between(1, 64, name) && printable(name)),
                    anyPassword(fields, "password"),
                    fields.choice("clientType", CLIENT_TYPES, ClientType.APP),
                    fields.text("deviceId", "1 to 128 characters", id -> between(1, 128, id) && printable(id)));
            fields.check();
            return body;
        }
    }

    /**
     * Of a purchase. More fields are let be: nothing in it can be left out, so a misspelt one is missing; and an app that
     * is newer than this node would lose its buyer the sale.
     */
    static int quantity(Fields fields) {
        int quantity = (int) fields.integer("quantity", 1, Integer.MAX_VALUE);
        fields.checkAsked();
        return quantity;
    }

    static NewSale sale(Fields fields) {
        Instant startsAt = fields.instant("startsAt");
        Instant endsAt = fields.instant("endsAt");
        NewSale sale = new NewSale(
                fields.text(
                        "name",
                        "1 to 200 characters",
                        name -> between(1, 200, name) && !name.isBlank() && printable(name)),
                fields.integer("priceCents", 0, MAX_PRICE_CENTS),
                fields.text("currency", "a currency of ISO 4217, like CNY", CURRENCIES::contains),
                fields.integer("stock", 1, MAX_UNITS),
                startsAt,
                endsAt,
                (int) fields.integer("perUserLimit", 1, 1_000_000));
        fields.check();
        fields.require(startsAt.isBefore(endsAt), "endsAt", "must be later than startsAt");
        fields.check();
        return sale;
    }

    static long restock(Fields fields) {
        long quantity = fields.integer("quantity", 1, MAX_UNITS);
        fields.check();
        return quantity;
    }

    static Role role(Fields fields) {
        Role role = fields.choice("role", new TreeMap<>(Map.of("USER", Role.USER, "OPS", Role.OPS)), Role.USER);
        fields.check();
        return role;
    }

    /**
     * What happened to a charge, as the provider says.
     *
     * @param charge what it would be if it is captured
     */
    record ProviderEvent(String type, UUID orderId, Charge.Captured charge) {

        private static final UUID NONE = new UUID(0, 0);

        static ProviderEvent from(Fields fields) {
            String type = fields.text("type", "1 to 64 characters", name -> between(1, 64, name) && printable(name));
            String order = fields.text("orderId", "the id of an order", id -> Ids.uuid(id) != null);
            UUID orderId = Ids.uuid(order);
            long amountCents = fields.integer("amountCents", 0, Long.MAX_VALUE);
            String reference =
                    fields.text("reference", "1 to 128 characters", name -> between(1, 128, name) && printable(name));
            // Whatever it is, it is compared with the order's, which tells whoever reads the log.
            String currency = fields.optionalText(
                            "currency", "1 to 16 characters", name -> between(1, 16, name) && printable(name))
                    .orElse(null);
            // A provider adds fields when it likes, and takes 400 for an answer that no repeat would better.
            fields.checkAsked();
            return new ProviderEvent(
                    type, orderId == null ? NONE : orderId, new Charge.Captured(reference, amountCents, currency));
        }
    }

    /** Of a shipment, where it has one already. Without any body it has none. */
    static Mono<Optional<String>> trackingNumber(ServerHttpRequest request) {
        return JsonBody.readIfAny(request).map(fields -> {
            Optional<String> number =
                    fields.optionalText("trackingNumber", "1 to 64 of A-Z a-z 0-9 -", text -> TRACKING_NUMBER
                            .matcher(text)
                            .matches());
            fields.check();
            return number;
        });
    }

    record Buyers(int count, String prefix) {
        static Buyers from(Fields fields) {
            Buyers body = new Buyers(
                    (int) fields.integer("count", 1, 5_000),
                    fields.text("prefix", "1 to 32 of A-Z a-z 0-9 -", prefix -> PREFIX.matcher(prefix)
                            .matches()));
            fields.check();
            return body;
        }
    }

    private static String newPassword(Fields fields, String field) {
        return fields.text(
                field,
                "8 to 128 characters and at most " + PASSWORD_BYTES + " bytes in UTF-8",
                password -> between(8, 128, password)
                        && password.getBytes(StandardCharsets.UTF_8).length <= PASSWORD_BYTES);
    }

    /** One that is only compared: whatever its form, it is wrong rather than invalid. */
    private static String anyPassword(Fields fields, String field) {
        return fields.text(field, "1 to 128 characters", password -> between(1, 128, password));
    }

    private static boolean between(int least, int most, String text) {
        int length = text.codePointCount(0, text.length());
        return length >= least && length <= most;
    }

    /** PostgreSQL cannot store NUL, and a control character in a log or a name only ever misleads. */
    private static boolean printable(String text) {
        return text.codePoints().noneMatch(c -> Character.isISOControl(c) || (c >= 0xD800 && c <= 0xDFFF));
    }
}
