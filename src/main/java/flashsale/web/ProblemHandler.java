package flashsale.web;

import flashsale.observability.RareLine;
import flashsale.observability.Trace;
import flashsale.redis.RedisUnavailable;
import flashsale.session.QueueFull;
import flashsale.stock.SaleClosed;
import io.lettuce.core.RedisException;
import io.netty.channel.ChannelException;
import io.netty.handler.timeout.TimeoutException;
import io.r2dbc.spi.R2dbcDataIntegrityViolationException;
import io.r2dbc.spi.R2dbcException;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.transaction.TransactionException;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.pool.PoolAcquirePendingLimitException;

/**
 * Turns everything that was thrown, wherever, into a problem. A fault is logged here once, with the request's id, and
 * shows the client nothing of itself.
 */
final class ProblemHandler implements WebExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);

    private final RetryAfter retryAfter;
    private final RareLine degradedLine = RareLine.every(Duration.ofSeconds(1));

    ProblemHandler(RetryAfter retryAfter) {
        this.retryAfter = retryAfter;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable thrown) {
        if (clientLeft(thrown)) {
            RequestLog.abandoned(exchange);
            return Mono.empty();
        }
        Visit visit = Visit.of(exchange);
        Problem problem = reported(
                visit.requestId, visit.trace, exchange.getRequest().getURI().getRawPath(), thrown);
        if (exchange.getResponse().isCommitted()) {
            // Too late to say anything: the connection is closed, so that the client sees the answer is cut.
            return Mono.error(thrown);
        }
        clearForProblem(exchange);
        return Problems.write(exchange, problem).doFinally(end -> RequestLog.answered(exchange));
    }

    /** A handler may have begun to describe an answer that is not given now. */
    private static void clearForProblem(ServerWebExchange exchange) {
        HttpHeaders headers = exchange.getResponse().getHeaders();
        headers.remove(HttpHeaders.ETAG);
        headers.remove(HttpHeaders.LOCATION);
        headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    Problem problem(Throwable thrown) {
        return switch (thrown) {
            case RequestRefused refused -> refused.problem();
            case ResponseStatusException status -> problem(status);
            case DataBufferLimitException overrun ->
                Problem.of(ProblemType.PAYLOAD_TOO_LARGE, "A body may have " + JsonBody.MAX_BYTES + " bytes.");
            case QueueFull full ->
                retryAfter.queue(Problem.of(
                        ProblemType.OVERLOADED, "Too many passwords at once. Nothing was done; try again shortly."));
            case SaleClosed closed -> retryAfter.store(Problem.of(ProblemType.SALE_CLOSED, closed.why()));
            default ->
                requestIsLate(thrown)
                        ? late()
                        : noPlaceInThePool(thrown) ? overloaded() : storeIsAway(thrown) ? degraded() : internal();
        };
    }

    private Problem overloaded() {
        return retryAfter.queue(
                Problem.of(ProblemType.OVERLOADED, "Too many calls wait for the database already; try again."));
    }

    private static boolean noPlaceInThePool(Throwable thrown) {
        return thrown.getCause() instanceof PoolAcquirePendingLimitException;
    }

    /** The server's own exception for it is not public. */
    private static boolean requestIsLate(Throwable thrown) {
        return thrown instanceof TimeoutException
                || (thrown instanceof ChannelException
                        && thrown.getClass().getSimpleName().equals("RequestTimeoutException"));
    }

    /** The rest of the request may still come, so this connection is of no use any more. */
    private static Problem late() {
        return Problem.of(ProblemType.REQUEST_TIMEOUT, "The request was not complete in time.")
                .header(HttpHeaders.CONNECTION, "close");
    }

    private static Problem problem(ResponseStatusException thrown) {
        return switch (thrown.getStatusCode().value()) {
            case 404 -> Problem.of(ProblemType.NOT_FOUND, "There is nothing at this address.");
            case 405 -> methodNotAllowed(thrown);
            case 406 -> Problem.of(ProblemType.NOT_ACCEPTABLE, "This is not to be had in the form you accept.");
            case 408 -> late();
            case 413 -> Problem.of(ProblemType.PAYLOAD_TOO_LARGE, "The body is too large.");
            case 415 -> Problem.of(ProblemType.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json, in UTF-8.");
            default ->
                thrown.getStatusCode().is4xxClientError()
                        ? Problem.invalid("", "The request could not be understood.")
                        : internal();
        };
    }

    private static Problem methodNotAllowed(ResponseStatusException thrown) {
        Problem problem = Problem.of(ProblemType.METHOD_NOT_ALLOWED, "Another method may do; see Allow.");
        return thrown instanceof MethodNotAllowedException refused
                ? problem.header(
                        HttpHeaders.ALLOW,
                        refused.getSupportedMethods().stream()
                                .map(HttpMethod::name)
                                .collect(Collectors.joining(", ")))
                : problem;
    }

    private Problem degraded() {
        return retryAfter.store(Problem.of(
                ProblemType.DEGRADED,
                "A store did not answer in time. What you asked for may or may not have happened."));
    }

    private static Problem internal() {
        return Problem.of(ProblemType.INTERNAL_ERROR, "The fault is ours and is in our log under this requestId.");
    }

    /** What a store refuses because we asked wrongly is a bug of ours, not its absence. */
    private static boolean storeIsAway(Throwable thrown) {
        return switch (thrown) {
            case DataIntegrityViolationException ours -> false;
            case InvalidDataAccessResourceUsageException ours -> false;
            case InvalidDataAccessApiUsageException ours -> false;
            case R2dbcDataIntegrityViolationException ours -> false;
            case DataAccessException away -> true;
            // A transaction that could not begin.
            case TransactionException away -> true;
            case R2dbcException away -> true;
            case RedisException away -> true;
            case RedisUnavailable away -> true;
            case java.util.concurrent.TimeoutException late -> true;
            default -> false;
        };
    }

    private static boolean clientLeft(Throwable thrown) {
        if (thrown instanceof AbortedException) {
            return true;
        }
        String message = thrown instanceof IOException ? thrown.getMessage() : null;
        return message != null && (message.contains("Broken pipe") || message.contains("Connection reset"));
    }

    /** The problem that was thrown, in the log where it is our fault. */
    Problem reported(String id, @Nullable Trace trace, String path, Throwable thrown) {
        Problem problem = problem(thrown);
        if (problem.type() == ProblemType.INTERNAL_ERROR) {
            LogFields.of(LOG.atError(), id, trace).setCause(thrown).log("Request {} to {} failed", id, path);
        } else if (problem.type() == ProblemType.DEGRADED) {
            // While a store is away there are thousands of these: one line a second, without a trace, tells it all.
            LogFields.of(LOG.atLevel(degradedLine.isDue() ? Level.WARN : Level.DEBUG), id, trace)
                    .log("Request {} to {} found a store away: {}", id, path, thrown.toString());
        }
        return problem;
    }
}
