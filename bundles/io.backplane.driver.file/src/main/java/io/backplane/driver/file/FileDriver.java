package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.CreateRequest;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;

/** Drivers {@code file} and {@code host_device}: regular files and block devices of the host. */
public final class FileDriver implements BlockDriver {
    // Immutable
    private final String name;
    private final FileEngines engines;

    /**
     * @param name {@code file} or {@code host_device}
     * @param engines what may open files
     */
    public FileDriver(String name, FileEngines engines) {
        this.name = name;
        this.engines = engines;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.PROTOCOL;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return FileOptions.class;
    }

    @Override
    public Class<? extends Record> createOptionsType() {
        return name.equals("file") ? FileCreateOptions.class : null;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        FileOptions options = (FileOptions) request.options();
        if (options == null || options.filename() == null) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "The '" + name + "' block driver requires a file name");
        }
        HostFile file = awaitOpenFile(options, request);
        boolean done = false;
        try {
            FileNode node = new FileNode(this, request, options, file, awaitLength(file),
                    new FileLocks(), new LostWrites());
            done = true;
            return node;
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    @Override
    public DriverNode awaitThaw(OpenRequest request, StateRecord state) throws BlockException {
        HostFile file = request.handOver().look(FileNode.DESCRIPTOR, HostFile.class);
        if (file == null || !state.type().equals(FileNode.STATE)) {
            return awaitOpen(request);
        }
        try {
            state.requireType(FileNode.STATE, 1);
            FileLocks locks = FileLocks.of(state);
            if (!engines.serves(file)) {
                return awaitOpenAgain(request, locks, LostWrites.of(state));
            }
            request.handOver().take(FileNode.DESCRIPTOR, HostFile.class);
            return new FileNode(this, request, (FileOptions) request.options(), file,
                    state.number("length", 0, Long.MAX_VALUE), locks, LostWrites.of(state));
        } catch (StateException e) {
            throw new BlockException(BlockException.Kind.INVALID, e.getMessage(), e);
        }
    }

    /** The descriptor of an engine that is gone keeps its locks until there is another with them. */
    private DriverNode awaitOpenAgain(OpenRequest request, FileLocks locks, LostWrites lost)
            throws BlockException {
        FileOptions options = (FileOptions) request.options();
        HostFile next = awaitOpenFile(options, request);
        boolean done = false;
        try {
            locks.copyTo(next);
            FileNode node = new FileNode(this, request, options, next, awaitLength(next), locks,
                    lost);
            done = true;
            return node;
        } finally {
            if (!done) {
                next.close();
            }
        }
    }

    /** Opens as the request says; read-only instead of writable if it may and must. */
    HostFile awaitOpenFile(FileOptions options, OpenRequest request) throws BlockException {
        if (options.aio() == FileOptions.AioOption.NATIVE && !request.direct()) {
            throw new BlockException(BlockException.Kind.INVALID, "aio=native was specified, but"
                    + " it requires cache.direct=on, which was not specified.");
        }
        String path = options.filename();
        HostFileEngine engine = engines.choose(options.aio());
        OpenFlags flags = new OpenFlags(!request.readOnly(), request.direct(), false, false);
        HostFile file;
        try {
            file = awaitOpen(engine, path, flags, request.autoReadOnly());
        } catch (HostIoException e) {
            throw FileErrors.of("Could not open '" + path + "'", e);
        }
        if (file.kind() == FileKind.OTHER) {
            file.close();
            throw new BlockException(BlockException.Kind.INVALID,
                    "'" + name + "' driver requires '" + path + "' to be a regular file");
        }
        return file;
    }

    private static HostFile awaitOpen(HostFileEngine engine, String path, OpenFlags flags,
            boolean autoReadOnly) throws HostIoException {
        try {
            return engine.awaitOpen(path, flags);
        } catch (HostIoException e) {
            boolean refused = e.errno() == Errno.EACCES || e.errno() == Errno.EROFS
                    || e.errno() == Errno.EPERM;
            if (!flags.writable() || !autoReadOnly || !refused) {
                throw e;
            }
            return engine.awaitOpen(path, new OpenFlags(false, flags.direct(), false, false));
        }
    }

    private static long awaitLength(HostFile file) throws BlockException {
        try {
            return file.length();
        } catch (HostIoException e) {
            throw FileErrors.of("Could not get the size of '" + file.path() + "'", e);
        }
    }

    @Override
    public void awaitCreate(CreateRequest request, Record record) throws BlockException {
        FileCreateOptions options = (FileCreateOptions) record;
        String path = options.filename();
        if (options.size() < 0) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "Image size cannot be negative: " + options.size());
        }
        Preallocation preallocation =
                options.preallocation() == null ? Preallocation.OFF : options.preallocation();
        try (HostFile file = engines.choose(null).awaitOpen(path,
                new OpenFlags(true, false, true, false))) {
            FileLocks locks = new FileLocks();
            int resize = BlockPermission.RESIZE.bit();
            locks.change(file, new Permissions(BlockPermission.WRITE.bit() | resize,
                    Permissions.ALL & ~resize));
            if (file.kind() == FileKind.REGULAR) {
                file.truncate(0);
            }
            new FileResize(file, request.buffers()).awaitResize(0, options.size(), true,
                    preallocation);
        } catch (HostIoException e) {
            throw FileErrors.of("Could not create '" + path + "'", e);
        }
    }
}
