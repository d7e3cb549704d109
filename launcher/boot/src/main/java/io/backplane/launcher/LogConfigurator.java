package io.backplane.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.slf4j.Logger;

/**
 * Says where log lines go and from which level, by {@code etc/log.properties}. Logback finds it as
 * a service. Its own way, an XML file, costs a tenth of the daemon's start; it is taken if the
 * property {@code logback.configurationFile} names one.
 */
public final class LogConfigurator extends ContextAwareBase implements Configurator {
    private static final String ROOT = "root";
    private static final String ROOT_DETACHED = "root.detached";
    private static final long FILE_MIB = 10;

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        String file = System.getProperty(Logging.FILE);
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        LogLayout layout = new LogLayout(file != null);
        layout.setContext(context);
        layout.start();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = file == null ? toError()
                : toFile(context, file);
        appender.setContext(context);
        appender.setName("log");
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
        setLevels(context, file == null ? ROOT : ROOT_DETACHED);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static ConsoleAppender<ILoggingEvent> toError() {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setTarget("System.err");
        return appender;
    }

    private static RollingFileAppender<ILoggingEvent> toFile(LoggerContext context, String file) {
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setFile(file);
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(file + ".%i");
        rolling.setMinIndex(1);
        rolling.setMaxIndex(2);
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
        trigger.setContext(context);
        trigger.setMaxFileSize(new FileSize(FILE_MIB << 20));
        trigger.start();
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(trigger);
        return appender;
    }

    private static void setLevels(LoggerContext context, String root) {
        Properties levels = new Properties();
        Path file = Path.of(System.getProperty("backplane.home", "."), "etc/log.properties");
        try (InputStream in = Files.newInputStream(file)) {
            levels.load(in);
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("backplane: can't read " + file + ": " + e);
        }
        setLevel(context, Logger.ROOT_LOGGER_NAME, root, levels.getProperty(root, "WARN"));
        for (String name : levels.stringPropertyNames()) {
            if (!name.equals(ROOT) && !name.equals(ROOT_DETACHED)) {
                setLevel(context, name, name, levels.getProperty(name));
            }
        }
    }

    private static void setLevel(LoggerContext context, String logger, String key, String text) {
        Level level = Level.toLevel(text.strip(), null);
        if (level == null) {
            System.err.println("backplane: etc/log.properties: " + key + "=" + text
                    + " is no level (ERROR, WARN, INFO, DEBUG, TRACE, OFF)");
            level = Level.WARN;
        }
        context.getLogger(logger).setLevel(level);
    }
}
