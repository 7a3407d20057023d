using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A figure of panels.</summary>
internal record PanelFigure(string Title, string Subtitle, string Saying, Scene Scene) : Figure(Title, Subtitle)
{
    internal override string Words => Saying;

    public override string? ToPlotly() => PlotlyFace.ToJson(Title, Subtitle, Scene);

    public override string ToSvg() => StaticFace.Draw(Title, Subtitle, Scene);
}
