package io.backplane.devices;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.aio.IoThread;
import io.backplane.devices.DeviceOptions.QueueMapping;
import io.backplane.qmp.QmpException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the queues of a device run.
 *
 * @param threads the I/O threads, each of which is used once more
 * @param contexts queue {@code i} runs in context {@code i % size}
 */
record DeviceContexts(List<IoThread> threads, List<AioContext> contexts) {
    private static final int QUEUE_COUNT_MAX = 256;

    static DeviceContexts of(DeviceOptions options, EventLoops loops) throws QmpException {
        List<QueueMapping> mapping = options.queueMapping();
        if (mapping != null && !mapping.isEmpty()) {
            if (options.iothread() != null) {
                throw QmpException.generic("iothread and iothread-vq-mapping properties cannot be"
                        + " set at the same time");
            }
            return mapped(mapping, loops);
        }
        if (options.iothread() == null) {
            return new DeviceContexts(List.of(), List.of(loops.main()));
        }
        IoThread thread = find(options.iothread(), loops);
        return new DeviceContexts(List.of(thread), List.of(thread.context()));
    }

    private static DeviceContexts mapped(List<QueueMapping> mapping, EventLoops loops)
            throws QmpException {
        List<IoThread> threads = new ArrayList<>();
        AioContext[] contexts = new AioContext[QUEUE_COUNT_MAX];
        int count = 0;
        boolean named = mapping.getFirst().vqs() != null;
        for (QueueMapping each : mapping) {
            IoThread thread = find(each.iothread(), loops);
            threads.add(thread);
            if ((each.vqs() != null) != named) {
                throw QmpException.generic("either all items in iothread-vq-mapping must have vqs"
                        + " or none of them must have it");
            }
            for (int queue : named ? each.vqs() : List.of(threads.size() - 1)) {
                if (queue < 0 || queue >= QUEUE_COUNT_MAX || contexts[queue] != null) {
                    throw QmpException.generic("vq index " + queue + " in iothread-vq-mapping is"
                            + " named twice or not from 0 to " + (QUEUE_COUNT_MAX - 1));
                }
                contexts[queue] = thread.context();
                count = Math.max(count, queue + 1);
            }
        }
        for (int queue = 0; queue < count; queue++) {
            if (contexts[queue] == null) {
                throw QmpException.generic("missing vq " + queue + " in iothread-vq-mapping");
            }
        }
        return new DeviceContexts(threads, List.copyOf(Arrays.asList(contexts).subList(0, count)));
    }

    private static IoThread find(String id, EventLoops loops) throws QmpException {
        IoThread thread = loops.find(id);
        if (thread == null) {
            throw QmpException.generic("iothread \"" + id + "\" not found");
        }
        return thread;
    }
}
