namespace BranchGrpo.Kit.Notebooks;

/// <summary>Tells a notebook kernel how a type shows itself. Kernels find it by its name, so that nothing here refers to one.</summary>
/// <param name="formatterSourceType">A type with a method <c>CreateTypeFormatters</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; set; } = ["text/html", "text/plain"];
}
