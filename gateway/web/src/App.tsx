import { Alerts } from "./components/Alerts";
import { Devices } from "./components/Devices";
import { GaugeControl } from "./components/GaugeControl";
import { Header } from "./components/Header";
import { HeatMap } from "./components/HeatMap";
import { Kpis } from "./components/Kpis";
import { LatestLiver } from "./components/LatestLiver";
import { LotsTable } from "./components/LotsTable";
import { SiteStats } from "./components/SiteStats";
import { Spc } from "./components/Spc";
import { Spectrum } from "./components/Spectrum";

export function App() {
  return (
    <>
      <Header />
      <main>
        <Kpis />
        <div className="row three">
          <LatestLiver />
          <HeatMap />
          <Spectrum />
        </div>
        <div className="row two">
          <Alerts />
          <div className="stack">
            <LotsTable />
            <div className="row halves">
              <Devices />
              <GaugeControl />
            </div>
            <SiteStats />
          </div>
        </div>
        <Spc />
      </main>
    </>
  );
}
