using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A figure as HTML for pages that may or may not run scripts, and may or may not have a network.</summary>
internal static class FigureHtml
{
    // The first figure on a page loads Plotly for all. Where that fails, the pictures stay.
    private const string Load = """
        if(!window.branchgrpoPlotly)window.branchgrpoPlotly=window.Plotly?Promise.resolve(window.Plotly):new Promise(function(ok,no){
        var s=document.createElement('script'),d=window.define;window.define=undefined;s.src='ADDRESS';
        s.onload=function(){window.define=d;ok(window.Plotly)};s.onerror=function(){window.define=d;window.branchgrpoPlotly=null;no()};
        document.head.appendChild(s)});
        """;

    // Two equal figures on a page have the same class: each script takes the first place that is still free.
    private const string Draw = """
        var e=document.querySelector('.CLASS:not([data-taken])');if(!e)return;e.setAttribute('data-taken','');
        window.branchgrpoPlotly.then(function(P){var i=e.querySelector('img'),
        h=atob(i.src.split(',')[1]).match(/data:image\/(png|jpeg|webp);base64,[^"]+/g);
        (f.layout.images||[]).forEach(function(m){m.source=h[+m.source.slice(1)]});var d=document.createElement('div');e.appendChild(d);
        return P.newPlot(d,f.data,f.layout,{displaylogo:false,responsive:true}).then(function(){i.style.display='none'})}).catch(function(){})
        """;

    /// <summary>Both faces.</summary>
    /// <param name="figure">Borrowed.</param>
    /// <param name="isOffline">The page has <see cref="PlotlySource.Script"/> before its figures: nothing is loaded.</param>
    public static string Of(Figure figure, bool isOffline = false)
    {
        var svg = Convert.ToBase64String(Encoding.UTF8.GetBytes(figure.ToSvg()));
        var image = $"<img alt=\"{WebUtility.HtmlEncode(figure.ToString())}\" width=\"900\" "
            + $"style=\"background:#fff;max-width:100%;height:auto\" src=\"data:image/svg+xml;base64,{svg}\">";
        if (figure.ToPlotly() is not { } json) return $"<div>{image}</div>";
        json = json.Replace("</", "<\\/");                                      // a name must not end the script
        var name = "branchgrpo-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..10];
        var load = isOffline ? "" : Load.Replace("ADDRESS", PlotlySource.Address);
        var script = $"(function(){{var f={json};\n{load}\n{Draw.Replace("CLASS", name)}}})();";
        return $"<div class=\"{name}\" style=\"max-width:960px;background:#fff\">{image}</div>\n<script type=\"text/javascript\">{script}</script>";
    }
}
