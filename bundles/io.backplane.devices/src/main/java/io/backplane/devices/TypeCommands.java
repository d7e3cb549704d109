package io.backplane.devices;

import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeModel;
import io.backplane.schema.TypeRef;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.transport.VirtioTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What types of devices there are, and their properties: qom-list-types, device-list-properties. */
final class TypeCommands {
    private static final Set<String> NO_PROPERTIES = Set.of("driver", "id");

    /** Types that do not come from models: name and parent; the abstract ones. */
    private static final Map<String, String> BASE = Map.of("device", "object", "virtio-device",
            "device", "iothread", "object");
    private static final Set<String> ABSTRACT = Set.of("object", "device", "virtio-device");

    record ListArguments(
            @Option(value = "only types that are, or inherit from, this one", optional = true,
                    name = "implements") String base,
            @Option(value = "whether to list abstract types too (default false)",
                    optional = true, name = "abstract") Boolean abstractToo) {
    }

    @Name("ObjectTypeInfo")
    record TypeInfo(
            @Option("the type") String name,
            @Option(value = "whether there can be none of it", optional = true,
                    name = "abstract") Boolean abstractType,
            @Option(value = "the type it inherits from", optional = true) String parent) {
    }

    record PropertiesArguments(@Option("type of a device") String typename) {
    }

    @Name("ObjectPropertyInfo")
    record PropertyInfo(
            @Option("the property") String name,
            @Option("its type") String type,
            @Option(value = "what it is", optional = true) String description) {
    }

    private final Supplier<VirtioTransport> transport;

    /** @param transport the transport there is, or null */
    TypeCommands(Supplier<VirtioTransport> transport) {
        this.transport = transport;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("qom-list-types", "Lists the types of objects.",
                        ListArguments.class, TypeRef.listOf(TypeInfo.class), this::list),
                QmpCommand.of("device-list-properties", "Lists the properties of a device type.",
                        PropertiesArguments.class, TypeRef.listOf(PropertyInfo.class),
                        arguments -> properties(arguments.typename())));
    }

    /** The device models there are now. */
    SortedMap<String, VirtioDeviceModel> models() {
        VirtioTransport now = transport.get();
        return now == null ? new TreeMap<>() : now.models();
    }

    /** The branches of {@link DeviceOptions}. */
    SortedMap<String, Class<? extends Record>> branches() {
        TreeMap<String, Class<? extends Record>> branches = new TreeMap<>();
        models().forEach((type, model) -> branches.put(type, model.optionsType()));
        return branches;
    }

    private List<TypeInfo> list(ListArguments arguments) {
        TreeMap<String, String> parents = new TreeMap<>(BASE);
        models().keySet().forEach(type -> parents.put(type, "virtio-device"));
        List<TypeInfo> types = new ArrayList<>();
        TreeMap<String, String> all = new TreeMap<>(parents);
        all.put("object", "");
        all.forEach((type, parent) -> {
            boolean isAbstract = ABSTRACT.contains(type);
            if ((!isAbstract || Boolean.TRUE.equals(arguments.abstractToo()))
                    && (arguments.base() == null || inherits(type, arguments.base(), parents))) {
                types.add(new TypeInfo(type, isAbstract ? true : null,
                        parent.isEmpty() ? null : parent));
            }
        });
        return types;
    }

    private static boolean inherits(String type, String base, Map<String, String> parents) {
        for (String at = type; at != null; at = parents.get(at)) {
            if (at.equals(base)) {
                return true;
            }
        }
        return false;
    }

    private List<PropertyInfo> properties(String type) throws QmpException {
        VirtioDeviceModel model = models().get(type);
        if (model == null) {
            if (ABSTRACT.contains(type) && !type.equals("object")) {
                throw QmpException.generic(
                        "Parameter 'typename' expects a non-abstract device type");
            }
            throw new QmpException(QmpException.ErrorClass.DEVICE_NOT_FOUND,
                    "Device '" + type + "' not found");
        }
        List<PropertyInfo> properties = new ArrayList<>();
        for (TypeModel.Member member : TypeModel.struct(model.optionsType()).members()) {
            properties.add(property(member));
        }
        for (TypeModel.Member member : TypeModel.struct(DeviceOptions.class).members()) {
            if (!NO_PROPERTIES.contains(member.name())) {
                properties.add(property(member));
            }
        }
        return properties;
    }

    private static PropertyInfo property(TypeModel.Member member) {
        String type = member.size() ? "size" : switch (member.type()) {
            case TypeModel.Builtin builtin -> builtin.schemaName();
            case TypeModel.ListModel _ -> "list";
            case TypeModel other -> other.typeName();
        };
        return new PropertyInfo(member.name(), type, member.help().isEmpty() ? null
                : member.help());
    }
}
