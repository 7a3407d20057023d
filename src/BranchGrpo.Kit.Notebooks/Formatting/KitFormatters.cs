using System.Globalization;
using System.Net;
using Microsoft.Data.Analysis;
using TorchSharp;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>How values of other assemblies show themselves as the last line of a cell.</summary>
internal static class KitFormatters
{
    private const string Plate = "background:#fff;color:#222;padding:.5em";

    /// <summary>Type, HTML and text of each.</summary>
    public static IReadOnlyList<(Type Type, Func<object, string> Html, Func<object, string> Text)> All { get; } =
    [
        Table<DataFrame>(KitTables.Of), Table<Cost>(KitTables.Of), Table<RolloutPlan>(KitTables.Of),
        Table<Recipe>(KitTables.Of), Table<RunRecord>(KitTables.Of),
        Form<RolloutTree>(tree => tree.Draw().ToHtml(), tree => tree.Draw(thumbnails: false).ToString()),
        Form<CreditedTree>(credit => FieldOf(credit).ToHtml(), credit => FieldOf(credit).ToString()),
        Form<torch.Tensor>(tensor => $"<pre style=\"{Plate}\">{WebUtility.HtmlEncode(TensorText(tensor))}</pre>", TensorText),
    ];

    private static Figure FieldOf(CreditedTree credit) => Figures.Field("Advantages", "depth by leaf", ("", credit));

    private static string TensorText(torch.Tensor tensor)
    {
        if (tensor.IsInvalid) return "a tensor that was disposed";
        using var scope = torch.NewDisposeScope();
        if (tensor.numel() <= 1000) return tensor.ToString(TensorStringStyle.Numpy);
        var values = tensor.detach().to(torch.ScalarType.Float64);
        return tensor.ToString(TensorStringStyle.Metadata)
            + string.Create(CultureInfo.InvariantCulture, $": mean {values.mean().item<double>():0.####}, "
            + $"from {values.min().item<double>():0.####} to {values.max().item<double>():0.####}");
    }

    private static (Type, Func<object, string>, Func<object, string>) Table<T>(Func<T, HtmlTable> table) =>
        Form<T>(value => table(value).ToHtml(), value => table(value).ToString());

    private static (Type, Func<object, string>, Func<object, string>) Form<T>(Func<T, string> html, Func<T, string> text) =>
        (typeof(T), value => html((T)value), value => text((T)value));
}
