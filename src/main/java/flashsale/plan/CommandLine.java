package flashsale.plan;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was typed: {@code --name value} or {@code --name=value}, each at most once.
 *
 * @param given options by name
 * @param figures what stands in the file of figures
 */
record CommandLine(boolean help, boolean json, Map<String, String> given, Properties figures) {

    static CommandLine of(String... arguments) throws BadOption {
        Set<String> known = new HashSet<>(Set.of("capacity"));
        Options.QUESTION.forEach(option -> known.add(option.name()));
        Options.figures().forEach(option -> known.add(option.name()));
        var given = new LinkedHashMap<String, String>();
        var flags = new HashSet<String>();
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.equals("--help") || argument.equals("-h")) {
                flags.add("help");
                continue;
            }
            if (argument.equals("--json")) {
                flags.add("json");
                continue;
            }
            if (!argument.startsWith("--")) {
                throw new BadOption("\"" + argument + "\" is no option; they begin with --");
            }
            int equals = argument.indexOf('=');
            String name = argument.substring(2, equals < 0 ? argument.length() : equals);
            if (!known.contains(name)) {
                throw new BadOption("there is no option --" + name);
            }
            if (equals < 0 && i + 1 == arguments.length) {
                throw new BadOption("--" + name + " needs a value");
            }
            String value = equals < 0 ? arguments[++i] : argument.substring(equals + 1);
            if (given.put(name, value) != null) {
                throw new BadOption("--" + name + " is given twice");
            }
        }
        return new CommandLine(
                flags.contains("help"), flags.contains("json"), given, Figures.of(given.get("capacity")));
    }

    Question question() throws BadOption {
        var funnel = new Funnel(
                number("visitors"),
                number("click-rate"),
                number("order-rate"),
                number("sold-rate"),
                number("stock"),
                number("looks"),
                number("logins"),
                number("taps"));
        double seconds = number("duration");
        var arrivals = new Arrivals(number("confidence"), number("burst-factor"), number("dispersion"));
        if (arrivals.burstFactor() > seconds) {
            throw new BadOption("--burst-factor is at most the " + Plan.number(seconds)
                    + " seconds of --duration: more than everybody cannot come in one of them");
        }
        return new Question(
                funnel,
                seconds,
                arrivals,
                number("cores"),
                number("utilisation"),
                (int) number("spare"),
                new Connections((int) number("connections-a-replica"), (int) number("max-connections")));
    }

    Capacity capacity() throws BadOption {
        var micros = new LinkedHashMap<Tier, Map<Call, Double>>();
        for (Tier tier : Tier.values()) {
            var costs = new LinkedHashMap<Call, Double>();
            for (Call call : Call.values()) {
                costs.put(call, number(Options.micros(call, tier)));
            }
            micros.put(tier, costs);
        }
        var orders = new Orders(number("http-orders-per-second"), number("group-commit-orders-per-second"));
        if (orders.overHttp() > orders.groupCommit()) {
            throw new BadOption("--http-orders-per-second is at most --group-commit-orders-per-second, "
                    + Plan.number(orders.groupCommit()) + ": what was answered was committed, so give both");
        }
        return new Capacity(micros, orders, number("logins-per-second"));
    }

    private double number(String name) throws BadOption {
        return number(option(name));
    }

    private double number(Option option) throws BadOption {
        String text = text(option);
        if (text == null) {
            String file = given.get("capacity");
            throw new BadOption("--" + option.name() + " is missing"
                    + (file == null ? "" : ", " + file + " lacks it too") + ": " + option.meaning());
        }
        double value;
        try {
            value = option.kind() == Option.Kind.TIME ? seconds(text) : Double.parseDouble(text);
        } catch (NumberFormatException | DateTimeParseException | ArithmeticException unreadable) {
            value = Double.NaN;
        }
        if (!option.kind().takes(value)) {
            throw new BadOption("--" + option.name() + " takes " + option.kind().takes + ", not \"" + text + "\"");
        }
        return value;
    }

    @Nullable
    String text(Option option) {
        String value = given.get(option.name());
        return value == null ? figures.getProperty(option.name(), option.fallback()) : value;
    }

    private static Option option(String name) {
        return Options.QUESTION.stream()
                .filter(option -> option.name().equals(name))
                .findFirst()
                .orElseGet(() -> Options.figures().stream()
                        .filter(option -> option.name().equals(name))
                        .findFirst()
                        .orElseThrow());
    }

    private static double seconds(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        return Duration.parse(upper.startsWith("P") ? upper : "PT" + upper).toMillis() / 1_000.0;
    }
}
