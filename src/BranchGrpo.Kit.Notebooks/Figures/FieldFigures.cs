using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>Advantages as a field, depth by node: one panel per rule, one scale for all. A node's cell is as high as it has leaves.</summary>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting.</param>
    /// <param name="fields">Name and credited tree of each rule.</param>
    public static Figure Field(string title, string subtitle, params (string Name, CreditedTree Credit)[] fields)
    {
        ArgumentOutOfRangeException.ThrowIfZero(fields.Length);
        var scale = ColourScale.Symmetric("advantage", fields.SelectMany(f => Edges(f.Credit).Select(i => f.Credit.Advantage[i])));
        var panels = fields.Select(f => FieldPanel(f.Name, f.Credit)).ToArray();
        var words = string.Join("; ", from field in fields
                                      let sizes = Edges(field.Credit).Select(i => Math.Abs(field.Credit.Advantage[i])).ToArray()
                                      select $"{field.Name}: |advantage| {Short(sizes.Average())} on average, at most {Short(sizes.Max())}") + ".";
        var rows = fields.Max(f => f.Credit.Leaves().Length);
        return new PanelFigure(title, subtitle, words, new(panels) { Scale = scale, Height = Math.Clamp(170 + (rows * 12), 330, 560) });
    }

    private static Panel FieldPanel(string name, CreditedTree credit)
    {
        var leaves = new TreeLayout(credit.Parent, credit.Depth).Leaves;
        var depth = credit.Depth.Max();
        var values = leaves.Select(leaf => Enumerable.Range(1, depth).Select(d => credit.Advantage[credit.AncestorAt(leaf, d)]).ToArray()).ToArray();
        double[] dividers = [.. Enumerable.Range(1, leaves.Length - 1)
            .Where(i => credit.Prompt[leaves[i]] != credit.Prompt[leaves[i - 1]]).Select(i => i - 0.5)];
        return new("depth (denoising step)", "leaf", [new Mark.Cells(name, values) { X0 = 1, Dividers = dividers }])
        {
            Title = name,
            XRange = (0.5, depth + 0.5),
            YRange = (-0.5, leaves.Length - 0.5),
        };
    }

    private static IEnumerable<int> Edges(CreditedTree credit) => Enumerable.Range(0, credit.Parent.Length).Where(i => credit.Parent[i] >= 0);
}
