using System.Reflection;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Tells the formatting library of the running kernel how values of other assemblies show themselves.</summary>
/// <remarks>By reflection, and only with a library that is loaded already: a second copy beside a kernel's own would format nothing.</remarks>
internal static class KernelFormatters
{
    private const string Library = "Microsoft.DotNet.Interactive.Formatting";
    private static readonly HashSet<Assembly> known = [];

    /// <summary>Registers with every copy that is loaded and does not know of them yet.</summary>
    public static void Register()
    {
        foreach (var library in AppDomain.CurrentDomain.GetAssemblies().Where(a => a.GetName().Name == Library))
            if (known.Add(library)) Register(library.GetType($"{Library}.Formatter", throwOnError: true)!);
    }

    private static void Register(Type formatter)
    {
        var register = Method(formatter, "Register", typeof(Type), typeof(Action<object, TextWriter>), typeof(string));
        var prefer = Method(formatter, "SetPreferredMimeTypesFor", typeof(Type), typeof(string[]));
        foreach (var (type, html, text) in KitFormatters.All)
        {
            register.Invoke(null, [type, Writer(html), "text/html"]);
            register.Invoke(null, [type, Writer(text), "text/plain"]);
            prefer.Invoke(null, [type, new[] { "text/html", "text/plain" }]);
        }
    }

    private static Action<object, TextWriter> Writer(Func<object, string> form) => (value, writer) => writer.Write(form(value));

    private static MethodInfo Method(Type formatter, string name, params Type[] parameters) => formatter.GetMethod(name, parameters)
        ?? throw new NotSupportedException($"{formatter.Assembly.GetName()} has no {name} that is known here.");
}
