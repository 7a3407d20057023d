namespace BranchGrpo.Kit.Notebooks;

/// <summary>Where pages get plotly.js from.</summary>
public static class PlotlySource
{
    /// <summary>Environment variable: <c>cdn</c> loads it from the network when a figure is looked at, <c>embed</c> puts it into the page,
    /// <c>auto</c> (as if not set) embeds it where no network answers.</summary>
    public const string Variable = "BRANCHGRPO_PLOTLY";

    /// <summary>Address from which figures load it.</summary>
    public const string Address = "https://cdn.plot.ly/plotly-2.28.0.min.js";

    private static readonly Lazy<string> source = new(Read);

    /// <summary>A script element with the whole of plotly.js as Plotly.NET carries it: once per page, before its figures.</summary>
    public static string Script =>
        // Module loaders of notebook pages would take Plotly away from the window.
        "<script type=\"text/javascript\">(function(define,module,exports){" + source.Value
        + "\n}).call(window);window.branchgrpoPlotly=Promise.resolve(window.Plotly);</script>";

    /// <summary>Whether a notebook shall hold plotly.js itself.</summary>
    internal static bool ShallEmbed => Environment.GetEnvironmentVariable(Variable) switch
    {
        "embed" => true,
        "cdn" => false,
        _ => !NetworkAnswers(),
    };

    private static bool NetworkAnswers()
    {
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
            using var request = new HttpRequestMessage(HttpMethod.Head, Address);
            using var answer = client.Send(request);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static string Read()
    {
        var assembly = typeof(Plotly.NET.Chart).Assembly;
        var name = assembly.GetManifestResourceNames().Single(n => n.EndsWith(".min.js", StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
