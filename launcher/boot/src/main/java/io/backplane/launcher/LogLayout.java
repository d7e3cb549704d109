package io.backplane.launcher;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/** A log line: time, level in five columns, logger, message; below it the stack trace. */
final class LogLayout extends LayoutBase<ILoggingEvent> {
    private static final int LEVEL_COLUMNS = 5;

    // Immutable
    private final String timePattern;

    // Appender's lock
    private DateTimeFormatter time;

    /** @param withDate for a file, which is read another day */
    LogLayout(boolean withDate) {
        timePattern = withDate ? "yyyy-MM-dd HH:mm:ss.SSS" : "HH:mm:ss.SSS";
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder line = new StringBuilder();
        time().formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
        String level = event.getLevel().toString();
        line.append(' ').append(level).repeat(' ', LEVEL_COLUMNS - level.length()).append(' ')
                .append(event.getLoggerName()).append(": ").append(event.getFormattedMessage())
                .append('\n');
        IThrowableProxy failure = event.getThrowableProxy();
        if (failure != null) {
            line.append(ThrowableProxyUtil.asString(failure));
        }
        return line.toString();
    }

    /** Made for the first line: most starts write none. */
    private DateTimeFormatter time() {
        if (time == null) {
            time = DateTimeFormatter.ofPattern(timePattern).withZone(ZoneId.systemDefault());
        }
        return time;
    }
}
